------------------------------- MODULE LawTrace -------------------------------
(* Whether what running processes logged is a behaviour of Constitution. tools/trace2tla writes the    *)
(* module Recorded: `Steps`, each with the steps that had ended before it began (`after`). Others may  *)
(* have come in any order, so one order that Next allows is looked for. A step that a crash left open  *)
(* (`must` is FALSE) may have happened or not. The trace holds when TLC finds `Unfinished` violated.   *)
EXTENDS Constitution, Recorded, TLC

VARIABLE done  \* numbers of the steps taken

RecordedTexts == DOMAIN Laws
RecordedSigners(text) == Laws[text].signers
RecordedThreshold(text) == Laws[text].threshold
RecordedKeys == UNION {Laws[text].signers : text \in DOMAIN Laws}
AnyOrder(key) == 0  \* holders sign when they like

(* Version 1 is where the spec begins, but nobody has put it in force yet. *)
TraceInit ==
  /\ signed = [id \in Ids |-> {}]
  /\ postgres = <<[id |-> First, keys |-> Signers(Text(First))]>>
  /\ redis = None /\ snapshots = {} /\ mark = None
  /\ operator = [o \in Operators |-> Idle]
  /\ node = [n \in Nodes |-> [step |-> "down", id |-> None]]
  /\ inForce = {} /\ crashes = 0 /\ tampers = Len(Steps)
  /\ done = {}
  /\ TLCSet(1, 0)

Same == UNCHANGED vars
IsAt(n, step, id) == node[n] = [step |-> step, id |-> id]

Check_(s) == Check(s.who, s.law)
Commit_(s) == operator[s.who].id = s.law /\ Commit(s.who) /\ postgres' # postgres
(* Told "moved": another version really was there. Who had not enough signatures was never at Commit. *)
Lost_(s) ==
  /\ ~Succeeds(s.law, Newest)
  /\ IF operator[s.who] = Idle THEN Same ELSE operator[s.who].id = s.law /\ Commit(s.who)
Load_(s) == Load(s.who) /\ node'[s.who] = [step |-> "loaded", id |-> s.law]
Mark_(s) == IsAt(s.who, "loaded", s.law) /\ PutInForce(s.who) /\ node'[s.who].step = "serving"
Copy_(s) == IsAt(s.who, "serving", s.law) /\ (Copy(s.who) \/ (redis = s.law /\ Same))
Lock_(s) ==
  \/ Pay(s.who) /\ snapshots' = snapshots \cup {s.law}
  \/ s.law \in snapshots /\ Same
Withdrawn_(s) == (Load(s.who) \/ PutInForce(s.who)) /\ node'[s.who].step = "down"

Step(s) ==
  /\ s.law = None \/ Version(s.law) = s.version
  /\ CASE s.does = "sign" -> Sign(s.signer, s.law)
       [] s.does = "signed before" -> s.signer \in signed[s.law] /\ Same
       [] s.does = "check" -> Check_(s)
       [] s.does = "commit" -> Commit_(s)
       [] s.does = "lost" -> Lost_(s)
       [] s.does = "told too few" -> ~Quorum(s.law, signed[s.law]) /\ Same
       [] s.does = "told too late" -> ~Succeeds(s.law, Newest) /\ Same
       [] s.does = "load" -> Load_(s)
       [] s.does = "mark" -> Mark_(s)
       [] s.does = "in force" -> IsAt(s.who, "serving", s.law) /\ Same
       [] s.does = "copy" -> Copy_(s)
       [] s.does = "lock" -> Lock_(s)
       [] s.does = "withdrawn" -> Withdrawn_(s)
       [] s.does = "empty redis" -> Wipe \/ (redis = None /\ Same)

Must == {i \in DOMAIN Steps : Steps[i].must}
(* For whoever looks why a trace does not hold: how far it was followed, and what came next then. *)
Waiting == {Steps[i].line : i \in {j \in Must \ done' : Steps[j].after \subseteq done'}}
Tell ==
  Cardinality(done' \cap Must) > TLCGet(1) =>
    TLCSet(1, Cardinality(done' \cap Must)) /\ PrintT(<<"then", Waiting>>)

TraceNext ==
  \E i \in DOMAIN Steps \ done :
    /\ Steps[i].after \subseteq done
    /\ Step(Steps[i])
    /\ done' = done \cup {i}
    /\ Tell

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, done>>

Unfinished == ~(Must \subseteq done)
FollowsNext == [][Next]_vars
===============================================================================
