# What the holder of one signer's key may do: sign with it and read its public half. Neither make,
# rotate, export nor delete it, and nothing with any other key. signers.sh puts the key's name in.
path "transit/sign/@SIGNER@" {
  capabilities = ["update"]
}
path "transit/keys/@SIGNER@" {
  capabilities = ["read"]
}
