------------------------------- MODULE Ledger -------------------------------
(* From a request to whoever reads its event: a committer writes it in PostgreSQL, a relay carries it  *)
(* to Kafka, a reader applies it. Services die, answers are lost, COMMITs land late, relays stall and  *)
(* come back when another has taken over, a transaction reaches some partitions and not others, and    *)
(* readers begin again from what they kept.                                                            *)
(*                                                                                                     *)
(* An event is its request; its index is its place in `events`. A partition stands for a stream.       *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
  Requests,  \* 1..n, each repeated under its key until it is answered
  Group,     \* requests in a transaction of PostgreSQL at most
  Relays,
  Batch,     \* events in a transaction of Kafka at most
  Cuts,      \* how often a service dies, or its session with PostgreSQL, or a transaction is refused
  Faults,    \* how often a relay dies, stalls, or hears no answer
  Zombies,   \* how often Kafka breaks its word, and writes for a producer that was fenced
  Holes,     \* how often it breaks it otherwise, and loses a record that was committed
  Deaths     \* of the reader

Partitions == {0, 1}
Goes(request) == IF request % 3 = 2 THEN {0, 1} ELSE {(request % 3) % 2}  \* to one topic, or two
Nobody == "nobody"
Unknown == -1

VARIABLES
  events,    \* sequence of requests: the ledger
  flights,   \* transactions the service sent and has not heard of: [rs, at, asked, step]
  late,      \* those whose service, or session, has gone: they may still be written, or not
  position,  \* where the service believes the ledger to end once its flights have landed
  acked,     \* requests that were answered
  kafka,     \* partition -> records [index, below, after], as readers of committed records see them
  epoch,     \* of the last producer that began
  flying,    \* what is written and not yet readable: [epoch, partition, records]
  turn,      \* the relay that has PostgreSQL's lock
  relay,     \* relay -> [step, epoch, at, to, last]
  hand,      \* partition -> [offset, had]: the reader in memory, `had` the indexes of its events
  kept,      \* partition -> [offset, had]: what it kept, place and effect in one transaction
  cuts, faults, zombies, holes, deaths

ledger == <<events, flights, late, position, acked, cuts>>
relaying == <<epoch, flying, turn, relay, faults, zombies>>
reading == <<hand, kept, deaths>>
vars == <<ledger, kafka, relaying, reading, holes>>

Range(sequence) == {sequence[i] : i \in DOMAIN sequence}
IsPrefix(x, y) == Len(x) <= Len(y) /\ x = SubSeq(y, 1, Len(x))
Last(numbers) == IF numbers = <<>> THEN 0 ELSE numbers[Len(numbers)]
Alike == Permutations(Relays)

-----------------------------------------------------------------------------
(* Committer. It sends a transaction before the one before is answered, planned from where that one    *)
(* will leave the ledger; or, when nothing is under way, asks first, under the ledger's lock.          *)

Sent(r) ==
  \/ r \in Range(events)
  \/ \E f \in Range(flights) \cup late : r \in Range(f.rs)
(* Whoever is first changes nothing that is asked here.                                                *)
InTurn(rs) == \A earlier \in 1..(rs[1] - 1) : Sent(earlier)
Groups == {rs \in UNION {[1..n -> Requests] : n \in 1..Group} :
             \A i \in 1..(Len(rs) - 1) : rs[i + 1] = rs[i] + 1}

Send(rs, asked) ==
  /\ \A r \in Range(rs) : r \notin acked /\ \A f \in Range(flights) : r \notin Range(f.rs)
  /\ InTurn(rs)
  /\ IF asked THEN flights = <<>> ELSE Len(flights) < 2 /\ position # Unknown
  /\ flights' = Append(flights, [rs |-> rs, asked |-> asked, step |-> "sent",
                                 at |-> IF asked THEN Unknown ELSE position])
  /\ position' = IF asked THEN Unknown ELSE position + Len(rs)
  /\ UNCHANGED <<events, late, acked, cuts, kafka, relaying, reading, holes>>

(* What PostgreSQL makes of it: keys are claimed, and rows put at the numbers they were planned with.  *)
Fresh(f) == SelectSeq(f.rs, LAMBDA r : r \notin Range(events))
Admitted(f) == f.asked \/ (f.at = Len(events) /\ Fresh(f) = f.rs)
Put(at, rs) == [i \in 1..(at + Len(rs)) |->
                  IF i > at THEN rs[i - at] ELSE IF i <= Len(events) THEN events[i] ELSE Unknown]
Written(f) == IF ~Admitted(f) THEN events
              ELSE IF f.asked THEN events \o Fresh(f) ELSE Put(f.at, f.rs)

Land(i) ==
  /\ flights[i].step = "sent"
  /\ \A j \in 1..(i - 1) : flights[j].step # "sent"
  /\ events' = Written(flights[i])
  /\ flights' = [flights EXCEPT ![i].step = IF Admitted(flights[i]) THEN "done" ELSE "refused",
                                ![i].at = Len(events')]
  /\ UNCHANGED <<late, position, acked, cuts, kafka, relaying, reading, holes>>

(* Whatever else PostgreSQL may have against it: a full disk, a row it does not take.                   *)
Refuse(i) ==
  /\ flights[i].step = "sent"
  /\ \A j \in 1..(i - 1) : flights[j].step # "sent"
  /\ cuts > 0 /\ cuts' = cuts - 1
  /\ flights' = [flights EXCEPT ![i].step = "refused"]
  /\ UNCHANGED <<events, late, position, acked, kafka, relaying, reading, holes>>

(* The oldest is answered: its callers are, or it is done over, and asks first.                        *)
Hear ==
  /\ flights # <<>> /\ flights[1].step # "sent"
  /\ flights' = Tail(flights)
  /\ IF flights[1].step = "done"
     THEN /\ acked' = acked \cup Range(flights[1].rs)
          /\ position' = IF flights[1].asked THEN flights[1].at ELSE position
     ELSE /\ position' = Unknown
          /\ UNCHANGED acked
  /\ UNCHANGED <<events, late, cuts, kafka, relaying, reading, holes>>

(* The service dies, or its session, or PostgreSQL: whatever was sent has an outcome nobody knows.     *)
Cut ==
  /\ cuts > 0 /\ flights # <<>>
  /\ cuts' = cuts - 1
  /\ late' = late \cup {f \in Range(flights) : f.step = "sent"}
  /\ flights' = <<>> /\ position' = Unknown
  /\ UNCHANGED <<events, acked, kafka, relaying, reading, holes>>

LandLate(f) ==
  /\ events' = Written(f)
  /\ late' = late \ {f}
  /\ UNCHANGED <<flights, position, acked, cuts, kafka, relaying, reading, holes>>

LoseLate(f) ==
  /\ late' = late \ {f}
  /\ UNCHANGED <<events, flights, position, acked, cuts, kafka, relaying, reading, holes>>

(* All of it in one step, for models that ask nothing of the committer.                                *)
Commit ==
  /\ Len(events) < Cardinality(Requests)
  /\ events' = Append(events, Len(events) + 1)
  /\ acked' = Range(events')
  /\ UNCHANGED <<flights, late, position, cuts, kafka, relaying, reading, holes>>

-----------------------------------------------------------------------------
(* Relay *)

Fault == faults > 0 /\ faults' = faults - 1
Idle == [step |-> "idle", epoch |-> 0, at |-> 0, to |-> 0, last |-> [p \in Partitions |-> 0]]
Awaited(f) == \E x \in Relays : relay[x].step = "committing" /\ relay[x].epoch = f.epoch

(* A new producer: whoever had the name before is fenced, and what it had begun is ended, in each      *)
(* partition one way or the other.                                                                     *)
Begin(x) ==
  /\ relay[x].step = "idle" /\ turn = Nobody
  /\ turn' = x
  /\ epoch' = epoch + 1
  /\ flying' = IF zombies = 0 THEN {f \in flying : Awaited(f)} ELSE flying
  /\ relay' = [relay EXCEPT ![x] = [@ EXCEPT !.step = "began", !.epoch = epoch + 1]]
  /\ UNCHANGED <<ledger, kafka, reading, faults, zombies, holes>>

(* Then, not before: the last record of each partition. The newest says from where on its transaction  *)
(* went, which may not have reached every partition.                                                   *)
LastOf(p) == kafka[p][Len(kafka[p])]
Newest == {p \in Partitions : kafka[p] # <<>> /\
             \A q \in Partitions : kafka[q] # <<>> => LastOf(q).index <= LastOf(p).index}
Resume == IF Newest = {} THEN 1 ELSE LastOf(CHOOSE p \in Newest : TRUE).below

FindPlace(x) ==
  /\ relay[x].step = "began"
  /\ relay' = [relay EXCEPT ![x] = [@ EXCEPT
       !.step = "carrying", !.at = Resume,
       !.last = [p \in Partitions |-> IF kafka[p] = <<>> THEN 0 ELSE LastOf(p).index]]]
  /\ UNCHANGED <<ledger, kafka, epoch, flying, turn, faults, zombies, reading, holes>>

(* What a batch holds for a partition, without what is there already.                                  *)
Wanted(x, to, p) == SelectSeq([k \in 1..(to - relay[x].at + 1) |-> relay[x].at + k - 1],
                              LAMBDA i : p \in Goes(events[i]) /\ i > relay[x].last[p])
Records(x, to, p) ==
  LET numbers == Wanted(x, to, p)
  IN [k \in DOMAIN numbers |-> [index |-> numbers[k], below |-> relay[x].at]]

Produce(x, to) ==
  /\ relay[x].step = "carrying"
  /\ to \in relay[x].at..Len(events) /\ to < relay[x].at + Batch
  /\ relay' = [relay EXCEPT ![x] = [@ EXCEPT !.step = "committing", !.to = to]]
  /\ flying' = flying \cup
       {[epoch |-> relay[x].epoch, partition |-> p, records |-> Records(x, to, p)] :
          p \in {q \in Partitions : Wanted(x, to, q) # <<>>}}
  /\ UNCHANGED <<ledger, kafka, epoch, turn, faults, zombies, reading, holes>>

(* Kafka makes a transaction's records readable, one partition after the other.                        *)
Arrive(f) ==
  /\ IF f.epoch = epoch THEN UNCHANGED zombies ELSE zombies > 0 /\ zombies' = zombies - 1
  /\ kafka' = [kafka EXCEPT ![f.partition] = @ \o f.records]
  /\ flying' = flying \ {f}
  /\ UNCHANGED <<ledger, epoch, turn, relay, faults, reading, holes>>

(* The commit is answered; perhaps to one who has been fenced since, and hears of that the next time.  *)
Done(x) ==
  /\ relay[x].step = "committing"
  /\ \A f \in flying : f.epoch # relay[x].epoch
  /\ relay' = [relay EXCEPT ![x] = [@ EXCEPT !.step = "carrying", !.at = relay[x].to + 1]]
  /\ UNCHANGED <<ledger, kafka, epoch, flying, turn, faults, zombies, reading, holes>>

(* Fenced, dead, or not answered: nothing is known, so everything begins anew.                         *)
Fail(x) ==
  /\ relay[x].step # "idle"
  /\ IF relay[x].epoch # epoch THEN UNCHANGED faults ELSE Fault
  /\ relay' = [relay EXCEPT ![x] = Idle]
  /\ turn' = IF turn = x THEN Nobody ELSE turn
  /\ flying' = IF zombies = 0 THEN {f \in flying : f.epoch # relay[x].epoch \/ f.epoch = epoch} ELSE flying
  /\ UNCHANGED <<ledger, kafka, epoch, zombies, reading, holes>>

(* It stalls, and PostgreSQL gives its lock away; it does not know.                                    *)
Stall(x) ==
  /\ turn = x /\ Fault
  /\ turn' = Nobody
  /\ UNCHANGED <<ledger, kafka, epoch, flying, relay, zombies, reading, holes>>

Lose(p) ==
  /\ holes > 0 /\ holes' = holes - 1
  /\ \E i \in (hand[p].offset + 1)..Len(kafka[p]) :
       kafka' = [kafka EXCEPT ![p] = SubSeq(@, 1, i - 1) \o SubSeq(@, i + 1, Len(@))]
  /\ UNCHANGED <<ledger, relaying, reading>>

-----------------------------------------------------------------------------
(* Reader *)

(* Indexes of a stream's events, in order.                                                             *)
Stream(p) == SelectSeq([i \in 1..Len(events) |-> i], LAMBDA i : p \in Goes(events[i]))

Repeated(p, record) == record.index <= Last(hand[p].had)
IsNext(p, index) == LET n == Len(hand[p].had) + 1 IN n <= Len(Stream(p)) /\ Stream(p)[n] = index
Follows(p, record) == IsNext(p, record.index)

(* An event that is missing is not passed over: the reader stands still before the one that shows it.  *)
Take(p) ==
  /\ hand[p].offset < Len(kafka[p])
  /\ LET record == kafka[p][hand[p].offset + 1]
     IN IF Repeated(p, record)
        THEN hand' = [hand EXCEPT ![p].offset = @ + 1]
        ELSE /\ Follows(p, record)
             /\ hand' = [hand EXCEPT ![p] = [offset |-> @.offset + 1, had |-> Append(@.had, record.index)]]
  /\ UNCHANGED <<ledger, kafka, relaying, kept, deaths, holes>>

Keep ==
  /\ kept # hand
  /\ kept' = hand
  /\ UNCHANGED <<ledger, kafka, relaying, hand, deaths, holes>>

ReaderDies ==
  /\ deaths > 0 /\ deaths' = deaths - 1
  /\ hand # kept
  /\ hand' = kept
  /\ UNCHANGED <<ledger, kafka, relaying, kept, holes>>

-----------------------------------------------------------------------------
Init ==
  /\ events = <<>> /\ flights = <<>> /\ late = {} /\ position = Unknown /\ acked = {}
  /\ kafka = [p \in Partitions |-> <<>>] /\ epoch = 0 /\ flying = {}
  /\ turn = Nobody /\ relay = [x \in Relays |-> Idle]
  /\ hand = [p \in Partitions |-> [offset |-> 0, had |-> <<>>]] /\ kept = hand
  /\ cuts = Cuts /\ faults = Faults /\ zombies = Zombies /\ holes = Holes /\ deaths = Deaths

CommitStep ==
  \/ \E rs \in Groups, asked \in BOOLEAN : Send(rs, asked)
  \/ \E i \in DOMAIN flights : Land(i)
  \/ Hear
LateStep == \E f \in late : LandLate(f) \/ LoseLate(f)
RelayStep(x) == Begin(x) \/ FindPlace(x) \/ (\E to \in 1..Len(events) : Produce(x, to)) \/ Done(x)
CarryStep ==
  \/ \E x \in Relays : RelayStep(x) \/ Fail(x) \/ Stall(x)
  \/ \E f \in flying : Arrive(f)
ReadStep == (\E p \in Partitions : Take(p)) \/ Keep \/ ReaderDies

Refused == \E i \in DOMAIN flights : Refuse(i)
Next == CommitStep \/ Cut \/ Refused \/ LateStep \/ CarryStep \/ ReadStep \/ \E p \in Partitions : Lose(p)

(* Whoever is alive goes on, Kafka ends what it began, and who is fenced hears of it.                  *)
RelaysGoOn ==
  /\ \A x \in Relays : WF_vars(RelayStep(x)) /\ WF_vars(relay[x].epoch # epoch /\ Fail(x))
  /\ WF_vars(\E f \in flying : f.epoch = epoch /\ Arrive(f))
ReadersGoOn == WF_vars(Keep) /\ \A p \in Partitions : WF_vars(Take(p))
Fairness == WF_vars(CommitStep) /\ WF_vars(LateStep) /\ RelaysGoOn /\ ReadersGoOn

Spec == Init /\ [][Next]_vars /\ Fairness

(* Parts of it: the committer alone; the relays alone; both ends of Kafka.                             *)
Committing == Init /\ [][CommitStep \/ Cut \/ Refused \/ LateStep]_vars
              /\ WF_vars(CommitStep) /\ WF_vars(LateStep)
Carrying == Init /\ [][Commit \/ CarryStep]_vars
Reading == Init /\ [][Commit \/ CarryStep \/ ReadStep \/ \E p \in Partitions : Lose(p)]_vars
           /\ WF_vars(Commit) /\ RelaysGoOn /\ ReadersGoOn

-----------------------------------------------------------------------------
(* No answer without its event, and one event for each request.                                        *)
AnsweredIsWritten == acked \subseteq Range(events)
WrittenOnce == \A i, j \in DOMAIN events : events[i] = events[j] => i = j

(* Kafka holds each stream from its beginning: nothing is lost, doubled or out of order.               *)
KafkaHoldsStreams ==
  \A p \in Partitions : IsPrefix([i \in DOMAIN kafka[p] |-> kafka[p][i].index], Stream(p))

(* Whoever reads has applied each event once, in its stream's order, and none before one is missing.   *)
AppliedOnceInOrder ==
  \A p \in Partitions : IsPrefix(hand[p].had, Stream(p)) /\ IsPrefix(kept[p].had, hand[p].had)

(* Everybody is answered in the end, and what was answered is applied wherever it goes.                *)
EverybodyIsAnswered == <>(acked = Requests)
Applied(r) == \A p \in Goes(r) : \E i \in Range(kept[p].had) : events[i] = r
NothingIsLost == \A r \in Requests : (r \in acked) ~> Applied(r)
=============================================================================
