# OpenBao keeps the keys. Raft storage and a static seal: it comes back unsealed after kill -9 with
# every key. The static seal key is for development; elsewhere use a KMS or HSM seal.
storage "raft" {
  path    = "@VAULT_DIR@"
  node_id = "node-1"
}

listener "tcp" {
  address         = "127.0.0.1:@VAULT_PORT@"
  cluster_address = "127.0.0.1:0"
  tls_disable     = true
}

seal "static" {
  current_key_id = "dev-1"
  current_key    = "file://@VAULT_SEAL_KEY_FILE@"
}

api_addr      = "http://127.0.0.1:@VAULT_PORT@"
cluster_addr  = "http://127.0.0.1:0"
disable_mlock = true
ui            = false
