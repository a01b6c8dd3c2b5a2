# What the service may do: make and use tenants' wrapping keys, keep wrapped keys, erase a
# subject's, sign receipts of that and checkpoints of the ledger.
# It can neither export nor configure nor delete a transit key, use one that is not a tenant's, nor
# list what it does not know the name of.
#
# "+" is one path segment: transit/keys/<name> creates, transit/keys/<name>/config is out of reach.
path "transit/keys/+" {
  capabilities = ["create", "update"]
}
path "transit/encrypt/tenant-*" {
  capabilities = ["update"]
}
path "transit/decrypt/tenant-*" {
  capabilities = ["update"]
}
# Receipts of erasures: signed and never more. The exact path outweighs the "+" above, so that the
# service can neither replace nor rotate the key it signs with.
path "transit/keys/soma-receipts" {
  capabilities = ["read"]
}
path "transit/sign/soma-receipts" {
  capabilities = ["update"]
}
# Checkpoints of the ledger, in the same way.
path "transit/keys/soma-ledger" {
  capabilities = ["read"]
}
path "transit/sign/soma-ledger" {
  capabilities = ["update"]
}
# "update" is for the loser of a race: check-and-set then tells it so (the mount requires it).
path "soma/data/tenants/*" {
  capabilities = ["create", "update", "read"]
}
path "soma/data/subjects/*" {
  capabilities = ["create", "update", "read"]
}
# Deleting the metadata deletes every version: this is erasure.
path "soma/metadata/subjects/*" {
  capabilities = ["delete"]
}
# The newest law that was ever in force here. Raised by check-and-set; deleting it would let an old law
# back in, so that is not for the service.
path "soma/data/constitution/mark" {
  capabilities = ["create", "update", "read"]
}
# The keys of those who sign the law are theirs: the "+" at the top must not reach them.
path "transit/keys/soma-signer-*" {
  capabilities = ["deny"]
}
# So is the witness's: who signs checkpoints must not be able to cosign them.
path "transit/keys/soma-witness" {
  capabilities = ["deny"]
}
