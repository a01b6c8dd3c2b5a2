# What the service may do: wrap and unwrap with tenants' keys, keep wrapped subject keys, and erase
# them. It can neither export nor delete a transit key, nor list what it does not know the name of.
path "transit/keys/*" {
  capabilities = ["create", "update", "read"]
}
path "transit/keys/+/config" {
  capabilities = ["deny"]
}
path "transit/encrypt/*" {
  capabilities = ["update"]
}
path "transit/decrypt/*" {
  capabilities = ["update"]
}
path "transit/datakey/plaintext/*" {
  capabilities = ["update"]
}
path "soma/data/*" {
  capabilities = ["create", "update", "read"]
}
path "soma/metadata/*" {
  capabilities = ["read", "delete"]
}
