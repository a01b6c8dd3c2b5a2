---------------------------- MODULE Constitution ----------------------------
(* How a law changes: proposed, signed by holders of keys, activated by operators who race and crash,  *)
(* put in force, copied and locked by nodes that start from stores somebody may have tampered with.    *)
(*                                                                                                     *)
(* An identity is the sequence of texts from version 1 up to it: that is what a hash over "previous"   *)
(* and text amounts to. Its length is the version. Signatures cannot be forged: `signed` holds what    *)
(* keys really signed, and a store can hold no other. The mark (OpenBao, check-and-set) is the one     *)
(* place that nobody rolls back.                                                                       *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  MaxVersion,  \* versions 2..MaxVersion are proposed
  Operators,   \* who activate
  Nodes,       \* who serve
  Crashes,     \* how often operators and nodes may die, together
  Tampers      \* how often somebody writes into Postgres, Redis and the snapshots

(* Two texts, with signers of their own: b after a, or a after b, is a rotation. *)
Texts == {"a", "b"}
Keys == {"k1", "k2", "k3"}
Rank(key) == CASE key = "k1" -> 1 [] key = "k2" -> 2 [] key = "k3" -> 3
Signers(text) == IF text = "a" THEN {"k1", "k2"} ELSE {"k2", "k3"}
Threshold(text) == 2
Stolen == {"k1"}  \* one key fewer than any threshold

First == <<"a">>  \* the trust root
None == <<>>

Ids == {First} \cup UNION {{First \o rest : rest \in [1..n -> Texts]} : n \in 1..(MaxVersion - 1)}
Version(id) == Len(id)
Text(id) == id[Len(id)]
Before(id) == SubSeq(id, 1, Len(id) - 1)
IsPrefix(x, y) == Len(x) <= Len(y) /\ x = SubSeq(y, 1, Len(x))

VARIABLES
  signed,    \* identity -> keys that signed it: the table of signatures, and the truth about them
  postgres,  \* sequence of rows [id, keys]: the chain as stored
  redis,     \* identity of the copy
  snapshots, \* identities under lock
  mark,      \* identity in OpenBao
  operator,  \* operator -> [step, id]
  node,      \* node -> [step, id]: "down", "loaded" (verified, not yet in force), "serving"
  inForce,   \* history: every identity that was ever in force anywhere
  crashes, tampers

vars == <<signed, postgres, redis, snapshots, mark, operator, node, inForce, crashes, tampers>>

Newest == postgres[Len(postgres)].id

-----------------------------------------------------------------------------
(* domain/constitution: signatures, chain, marks *)

Count(keys, text) == Cardinality(keys \cap Signers(text))
Quorum(id, keys) ==
  /\ Count(keys, Text(Before(id))) >= Threshold(Text(Before(id)))
  /\ Count(keys, Text(id)) >= Threshold(Text(id))

Succeeds(id, head) == Version(id) = Version(head) + 1 /\ Before(id) = head

Verifies(rows) ==
  /\ rows[1].id = First
  /\ \A i \in 2..Len(rows) :
       /\ Succeeds(rows[i].id, rows[i - 1].id)
       /\ Quorum(rows[i].id, rows[i].keys)

MarksAgree(id) ==
  /\ IsPrefix(redis, id)
  /\ \A snapshot \in snapshots : IsPrefix(snapshot, id)
  /\ IsPrefix(mark, id)

-----------------------------------------------------------------------------
(* Holders of keys *)

(* A key signs a proposal that continues the law in Postgres; a stolen one does no more by itself. In  *)
(* the order of their names, backwards: who signs first changes nothing that is asked here.            *)
Missing(id) == (Signers(Text(id)) \cup Signers(Text(Before(id)))) \ signed[id]
Sign(key, id) ==
  /\ Succeeds(id, Newest)
  /\ key \in Missing(id)
  /\ \A other \in Missing(id) : Rank(other) <= Rank(key)
  /\ signed' = [signed EXCEPT ![id] = @ \cup {key}]
  /\ UNCHANGED <<postgres, redis, snapshots, mark, operator, node, inForce, crashes, tampers>>

-----------------------------------------------------------------------------
(* Operators *)

Idle == [step |-> "idle", id |-> None]

Check(o, id) ==
  /\ operator[o] = Idle
  /\ Succeeds(id, Newest)
  /\ Quorum(id, signed[id])
  /\ Verifies(postgres) /\ MarksAgree(Newest)
  /\ operator' = [operator EXCEPT ![o] = [step |-> "checked", id |-> id]]
  /\ UNCHANGED <<signed, postgres, redis, snapshots, mark, node, inForce, crashes, tampers>>

(* One transaction, which asks again under the pointer's lock. *)
Commit(o) ==
  /\ operator[o].step = "checked"
  /\ IF Succeeds(operator[o].id, Newest)
     THEN postgres' = Append(postgres, [id |-> operator[o].id, keys |-> signed[operator[o].id]])
     ELSE UNCHANGED postgres  \* told: another one won
  /\ operator' = [operator EXCEPT ![o] = Idle]
  /\ UNCHANGED <<signed, redis, snapshots, mark, node, inForce, crashes, tampers>>

-----------------------------------------------------------------------------
(* Nodes *)

(* Start, or reload: verified from the trust root, compared with every mark; or nothing is served. *)
Load(n) ==
  /\ node[n].id # Newest \/ node[n].step = "down"
  /\ node[n].step # "loaded"
  /\ IF Verifies(postgres) /\ MarksAgree(Newest)
     THEN node' = [node EXCEPT ![n] = [step |-> "loaded", id |-> Newest]]
     ELSE node' = [node EXCEPT ![n] = [step |-> "down", id |-> None]]
  /\ UNCHANGED <<signed, postgres, redis, snapshots, mark, operator, inForce, crashes, tampers>>

(* The mark is raised by check-and-set before the law is in force, never after. *)
PutInForce(n) ==
  /\ node[n].step = "loaded"
  /\ IF IsPrefix(mark, node[n].id)
     THEN /\ mark' = node[n].id
          /\ node' = [node EXCEPT ![n].step = "serving"]
          /\ inForce' = inForce \cup {node[n].id}
     ELSE /\ node' = [node EXCEPT ![n] = [step |-> "down", id |-> None]]
          /\ UNCHANGED <<mark, inForce>>
  /\ UNCHANGED <<signed, postgres, redis, snapshots, operator, crashes, tampers>>

(* Whoever serves writes what it serves, over whatever is there. *)
Copy(n) ==
  /\ node[n].step = "serving"
  /\ redis # node[n].id
  /\ redis' = node[n].id
  /\ UNCHANGED <<signed, postgres, snapshots, mark, operator, node, inForce, crashes, tampers>>

(* The job that puts under lock what it verified itself, whoever left it owing. *)
Pay(n) ==
  /\ node[n].step = "serving"
  /\ \E v \in 1..Version(node[n].id) :
       /\ SubSeq(node[n].id, 1, v) \notin snapshots
       /\ snapshots' = snapshots \cup {SubSeq(node[n].id, 1, v)}
  /\ UNCHANGED <<signed, postgres, redis, mark, operator, node, inForce, crashes, tampers>>

-----------------------------------------------------------------------------
(* What goes wrong *)

OperatorDies(o) ==
  /\ crashes > 0 /\ operator[o] # Idle
  /\ operator' = [operator EXCEPT ![o] = Idle]
  /\ crashes' = crashes - 1
  /\ UNCHANGED <<signed, postgres, redis, snapshots, mark, node, inForce, tampers>>

NodeDies(n) ==
  /\ crashes > 0 /\ node[n].step # "down"
  /\ node' = [node EXCEPT ![n] = [step |-> "down", id |-> None]]
  /\ crashes' = crashes - 1
  /\ UNCHANGED <<signed, postgres, redis, snapshots, mark, operator, inForce, tampers>>

Tampered == tampers > 0 /\ tampers' = tampers - 1

(* Postgres goes back alone, or Redis and the snapshots go back with it. *)
RollBack ==
  /\ Tampered
  /\ \E n \in 1..(Len(postgres) - 1), all \in BOOLEAN :
       /\ postgres' = SubSeq(postgres, 1, n)
       /\ redis' = IF all /\ n < Version(redis) THEN SubSeq(redis, 1, n) ELSE redis
       /\ snapshots' = IF all THEN {s \in snapshots : Version(s) <= n} ELSE snapshots
  /\ UNCHANGED <<signed, mark, operator, node, inForce, crashes>>

(* Redis is emptied: a cache may be. *)
Wipe ==
  /\ Tampered
  /\ redis # None
  /\ redis' = None
  /\ UNCHANGED <<signed, postgres, snapshots, mark, operator, node, inForce, crashes>>

(* A row is written past the protocol, a new one or one from before once more: its keys are those that *)
(* did sign, or that were stolen.                                                                      *)
Forge ==
  /\ Tampered
  /\ Len(postgres) < MaxVersion
  /\ \E id \in {each \in Ids : Version(each) = Len(postgres) + 1 \/ IsPrefix(each, Newest)} :
       /\ signed' = [signed EXCEPT ![id] = @ \cup Stolen]
       /\ postgres' = Append(postgres, [id |-> id, keys |-> signed'[id]])
  /\ UNCHANGED <<redis, snapshots, mark, operator, node, inForce, crashes>>

-----------------------------------------------------------------------------
Init ==
  /\ signed = [id \in Ids |-> {}]
  /\ postgres = <<[id |-> First, keys |-> Signers("a")]>>
  /\ redis = First /\ snapshots = {First} /\ mark = First
  /\ operator = [o \in Operators |-> Idle]
  /\ node = [n \in Nodes |-> [step |-> "down", id |-> None]]
  /\ inForce = {} /\ crashes = Crashes /\ tampers = Tampers

OperatorStep(o) == (\E id \in Ids : Check(o, id)) \/ Commit(o)
NodeStep(n) == Load(n) \/ PutInForce(n)

Next ==
  \/ \E key \in Keys, id \in Ids \ {First} : Sign(key, id)
  \/ \E o \in Operators : OperatorStep(o) \/ OperatorDies(o)
  \/ \E n \in Nodes : NodeStep(n) \/ Copy(n) \/ Pay(n) \/ NodeDies(n)
  \/ RollBack \/ Wipe \/ Forge

(* Whoever is alive goes on. *)
Fairness ==
  /\ \A o \in Operators : WF_vars(OperatorStep(o))
  /\ \A n \in Nodes : WF_vars(NodeStep(n)) /\ WF_vars(Pay(n))

Spec == Init /\ [][Next]_vars /\ Fairness

-----------------------------------------------------------------------------
(* Of two laws that ever were in force, one continues the other: no number had two texts. *)
NeverTwo == \A x, y \in inForce : IsPrefix(x, y) \/ IsPrefix(y, x)

(* What is in force was signed, version by version, by enough of the old and of the new signers.       *)
(* Written out, so that a mistake in Quorum does not excuse itself.                                    *)
Legitimate(before, id) ==
  \A text \in {Text(before), Text(id)} :
    Cardinality({key \in signed[id] : key \in Signers(text)}) >= Threshold(text)
NeverWithoutQuorum ==
  \A x \in inForce : \A v \in 2..Version(x) : Legitimate(SubSeq(x, 1, v - 1), SubSeq(x, 1, v))

(* Nobody but somebody who tampers makes Postgres anything else than a chain. *)
StoredIsAChain == tampers = Tampers => Verifies(postgres)

(* A law that comes into force anywhere continues every law that was in force before. *)
VersionsOnlyGrow ==
  [][\A x \in inForce' \ inForce : \A y \in inForce : IsPrefix(y, x)]_vars
(* And a node that changes its law changes it forwards, restarts included. *)
NodesOnlyGrow ==
  [][\A n \in Nodes : (node[n].step = "loaded" /\ node'[n].step = "serving") =>
       \A y \in inForce : IsPrefix(y, node'[n].id)]_vars

(* A proposal with its quorum comes into force, or another of its number does, everywhere. *)
Ready(v) == \E id \in Ids : Version(id) = v /\ Succeeds(id, Newest) /\ Quorum(id, signed[id])
Everywhere(v) == \A n \in Nodes : node[n].step = "serving" /\ Version(node[n].id) >= v
Activation == \A v \in 2..MaxVersion : Ready(v) ~> Everywhere(v)

(* What is in force is under lock in the end. *)
SnapshotsArePaid == \A id \in Ids : (id \in inForce) ~> (id \in snapshots)
=============================================================================
