# What the witness may do: cosign with its key, and remember what it has cosigned. It can delete nothing: neither what
# it saw of a log, which would let another history in, nor the evidence of an alarm.
path "transit/keys/soma-witness" {
  capabilities = ["read"]
}
path "transit/sign/soma-witness" {
  capabilities = ["update"]
}
# "update" is for the loser of a race: check-and-set then tells it so.
path "soma/data/witness/*" {
  capabilities = ["create", "update", "read"]
}
