----------------------------- MODULE LedgerTrace ------------------------------
(* Whether what a committer and relays recorded, and what the ledger and Kafka held in the end, is a   *)
(* behaviour of Ledger. tools/trace2tla writes the module Recorded: `Steps` in the order of their      *)
(* times, each of which is an action; between them TLC looks for what nobody can write down: when a    *)
(* transaction landed in PostgreSQL, which partitions a transaction of Kafka reached, who had died.    *)
(* The trace holds when TLC finds `Unfinished` violated.                                               *)
EXTENDS Ledger, Recorded

VARIABLES
  done,   \* steps taken
  fates   \* what will be heard of each flight

AnyTurn(rs) == TRUE
Plenty == 2 * Len(Steps)
Numbers == 1..(Size + Cardinality(Nowhere))  \* the ledger's events are 1..Size, in its order

(* What others wrote, who recorded nothing, may land at any time, each event by itself.                *)
TraceInit ==
  /\ events = <<>> /\ flights = <<>> /\ position = Unknown /\ acked = {}
  /\ late = {[rs |-> <<r>>, asked |-> TRUE, step |-> "sent", at |-> Unknown] : r \in Strangers}
  /\ kafka = [p \in Partitions |-> <<>>] /\ epoch = 0 /\ flying = {}
  /\ turn = Nobody /\ relay = [x \in Relays |-> Idle]
  /\ hand = [p \in Partitions |-> [offset |-> 0, had |-> <<>>]] /\ kept = hand
  /\ cuts = Plenty /\ faults = Plenty /\ zombies = Plenty /\ holes = 0 /\ deaths = 0
  /\ done = 0 /\ fates = <<>>
  /\ TLCSet(1, 0)

Same == UNCHANGED vars
InOrder(f) == Admitted(f) /\ LET rows == Written(f) IN
  Len(rows) <= Size /\ \A i \in (Len(events) + 1)..Len(rows) : rows[i] = i

(* Taken as soon as they may: nothing else can be next in the ledger. What is refused may be there all *)
(* the same, for it was done over.                                                                     *)
FirstSent == {i \in DOMAIN flights : flights[i].step = "sent" /\ \A j \in 1..(i - 1) : flights[j].step # "sent"}
Lands == {i \in FirstSent : fates[i] # "refused" /\ InOrder(flights[i])}
Comes == {f \in late : Range(f.rs) # {} /\ InOrder(f) /\ Written(f) # events}

(* Only what is in Kafka in the end has arrived there.                                                 *)
Kept(f) == \A k \in DOMAIN f.records :
  /\ Len(kafka[f.partition]) + k <= Len(Kafka[f.partition])
  /\ Kafka[f.partition][Len(kafka[f.partition]) + k] = f.records[k]

(* Kafka has been seen to break its word: a broker that was killed kept a transaction open that its     *)
(* coordinator took for ended, and the next producer's commit ended it (`Zombies`).                    *)
Arriving(x) == {f \in flying : f.epoch <= relay[x].epoch /\ Kept(f)}

Before(s) ==
  \/ s.does = "refused" /\ 1 \in FirstSent /\ Refuse(1)
  \/ s.does = "carried" /\ \E f \in Arriving(s.who) : Arrive(f)
  \/ /\ s.does = "begun"
     /\ \/ \E f \in flying : Kept(f) /\ Arrive(f)
        \/ relay[s.who].step # "idle" /\ Fail(s.who)
        \/ relay[s.who].step = "idle" /\ turn # Nobody /\ Stall(turn)

Taken(s) ==
  CASE s.does = "sent" -> Send(s.rs, s.asked) /\ (s.asked \/ position = s.at)
    [] s.does = "answered" -> flights # <<>> /\ flights[1].rs = s.rs /\ flights[1].step = "done"
                              /\ flights[1].at = s.at /\ Hear
    [] s.does = "refused" -> flights # <<>> /\ flights[1].rs = s.rs /\ flights[1].step = "refused" /\ Hear
    [] s.does = "cut" -> IF flights = <<>> THEN Same ELSE Cut
    [] s.does = "begun" -> Begin(s.who)
    [] s.does = "resume" -> FindPlace(s.who) /\ relay'[s.who].at = s.at
                            /\ relay'[s.who].last = [p \in Partitions |-> IF p \in DOMAIN s.last
                                                                          THEN s.last[p] ELSE 0]
    [] s.does = "carry" -> relay[s.who].at = s.at /\ Produce(s.who, s.to)
    [] s.does = "carried" -> relay[s.who].to = s.to /\ Done(s.who)
    [] s.does = "failed" -> IF relay[s.who].step = "idle" THEN Same ELSE Fail(s.who)

Fates(s) == CASE s.does = "sent" -> Append(fates, s.fate)
              [] s.does \in {"answered", "refused"} -> Tail(fates)
              [] s.does = "cut" -> <<>>
              [] OTHER -> fates
(* For whoever looks why a trace does not hold: how far it was followed.                               *)
Tell(s) == done' > TLCGet(1) => TLCSet(1, done') /\ PrintT(<<"then", s.line>>)

TraceNext ==
  IF Lands # {} THEN Land(CHOOSE i \in Lands : TRUE) /\ UNCHANGED <<done, fates>>
  ELSE IF Comes # {} THEN LandLate(CHOOSE f \in Comes : TRUE) /\ UNCHANGED <<done, fates>>
  ELSE /\ done < Len(Steps)
       /\ LET s == Steps[done + 1] IN
            \/ Before(s) /\ UNCHANGED <<done, fates>>
            \/ Taken(s) /\ done' = done + 1 /\ fates' = Fates(s) /\ Tell(s)

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, done, fates>>

Unfinished == ~(done = Len(Steps) /\ Len(events) = Size /\ kafka = Kafka)
===============================================================================
