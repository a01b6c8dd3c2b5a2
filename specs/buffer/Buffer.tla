------------------------------- MODULE Buffer -------------------------------
(* The event of an answer that changes nothing, while PostgreSQL does not answer: its caller gives up  *)
(* waiting, puts the event into Redis and answers; a replayer writes it into the ledger later. The     *)
(* transaction that was given up may land at any time, the committer may do it over, and everybody may *)
(* die. Each event is in the ledger at most once, and in the end once if it was answered.              *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Reads,   \* 1..n: requests, and their events' ids
  Faults   \* how often somebody dies, or an answer is lost

VARIABLES
  events,    \* sequence of ids: the ledger
  read,      \* read -> "new", "waits" (for the committer), "marked" (gave up), "put", "answered", "refused"
  queue,     \* reads the committer has to write
  flight,    \* what it has sent: [read, at, step], or None; at Unknown: it asks under the log's lock
  late,      \* such, of services that have died
  position,  \* where the committer believes the ledger to end
  lock,      \* who holds the log's lock: nobody, or the flight that asked
  buffer,    \* ids in Redis
  replay,    \* what the replayer has written and not yet removed, or None
  faults

vars == <<events, read, queue, flight, late, position, lock, buffer, replay, faults>>

None == [step |-> "none"]
Unknown == -1
Range(sequence) == {sequence[i] : i \in DOMAIN sequence}
Fault == faults > 0 /\ faults' = faults - 1
Elsewhere(r) == read[r] \in {"marked", "put", "answered", "refused"}

-----------------------------------------------------------------------------
(* Caller *)

Ask(r) ==
  /\ read[r] = "new" /\ \A earlier \in 1..(r - 1) : read[earlier] # "new"
  /\ read' = [read EXCEPT ![r] = "waits"]
  /\ queue' = queue \cup {r}
  /\ UNCHANGED <<events, flight, late, position, lock, buffer, replay, faults>>

(* No answer in time. The mark comes before anything leaves for Redis.                                 *)
GiveUp(r) ==
  /\ read[r] = "waits"
  /\ read' = [read EXCEPT ![r] = "marked"]
  /\ UNCHANGED <<events, queue, flight, late, position, lock, buffer, replay, faults>>

Put(r) ==
  /\ read[r] = "marked"
  /\ buffer' = buffer \cup {r}
  /\ read' = [read EXCEPT ![r] = "put"]
  /\ UNCHANGED <<events, queue, flight, late, position, lock, replay, faults>>

Answer(r) ==
  /\ read[r] = "put"
  /\ read' = [read EXCEPT ![r] = "answered"]
  /\ UNCHANGED <<events, queue, flight, late, position, lock, buffer, replay, faults>>

(* Redis' answer is lost: 503, and the entry may be there or not.                                      *)
Refuse(r) ==
  /\ read[r] \in {"marked", "put"} /\ Fault
  /\ read' = [read EXCEPT ![r] = "refused"]
  /\ UNCHANGED <<events, queue, flight, late, position, lock, buffer, replay>>

-----------------------------------------------------------------------------
(* Committer: what has gone elsewhere is left out of every plan, and asked about for each plan anew.   *)

Presume(r) ==
  /\ flight = None /\ r \in queue /\ position # Unknown
  /\ queue' = queue \ {r}
  /\ IF Elsewhere(r) THEN UNCHANGED <<flight, position>>
     ELSE /\ flight' = [step |-> "sent", read |-> r, at |-> position]
          /\ position' = position + 1
  /\ UNCHANGED <<events, read, late, lock, buffer, replay, faults>>

(* In two steps: the lock is given at some time, and only then the mark is read.                       *)
AskFirst(r) ==
  /\ flight = None /\ r \in queue
  /\ queue' = queue \ {r}
  /\ flight' = [step |-> "asks", read |-> r, at |-> Unknown]
  /\ UNCHANGED <<events, read, late, position, lock, buffer, replay, faults>>

Locked ==
  /\ flight.step = "asks" /\ lock = None
  /\ IF Elsewhere(flight.read)
     THEN flight' = None /\ UNCHANGED lock
     ELSE flight' = [flight EXCEPT !.step = "sent"] /\ lock' = flight'
  /\ UNCHANGED <<events, read, queue, late, position, buffer, replay, faults>>

Holds(f) == lock = f
Admitted(f) == f.at = Unknown \/ f.at = Len(events)
Free(f) == lock = None \/ Holds(f)

Land ==
  /\ flight.step = "sent" /\ Free(flight)
  /\ events' = IF Admitted(flight) THEN Append(events, flight.read) ELSE events
  /\ flight' = [flight EXCEPT !.step = IF Admitted(flight) THEN "done" ELSE "failed"]
  /\ lock' = None
  /\ UNCHANGED <<read, queue, late, position, buffer, replay, faults>>

Hear ==
  /\ flight.step \in {"done", "failed"}
  /\ flight' = None
  /\ IF flight.step = "done"
     THEN /\ read' = [read EXCEPT ![flight.read] = IF @ = "waits" THEN "answered" ELSE @]
          /\ position' = Len(events) /\ UNCHANGED queue
     ELSE /\ queue' = queue \cup {flight.read} /\ position' = Unknown /\ UNCHANGED read
  /\ UNCHANGED <<events, late, lock, buffer, replay, faults>>

(* The session with PostgreSQL ends; what was sent may land yet, and the caller gives up.              *)
Cut ==
  /\ flight # None /\ Fault
  /\ late' = IF flight.step = "sent" THEN late \cup {flight} ELSE late
  /\ lock' = lock
  /\ flight' = None /\ position' = Unknown
  /\ UNCHANGED <<events, read, queue, buffer, replay>>

(* The service dies: whoever waits is never answered.                                                  *)
Die ==
  /\ Fault
  /\ late' = IF flight.step = "sent" THEN late \cup {flight} ELSE late
  /\ flight' = None /\ position' = Unknown /\ queue' = {}
  /\ read' = [r \in Reads |-> IF read[r] \in {"waits", "marked", "put"} THEN "refused" ELSE read[r]]
  /\ UNCHANGED <<events, lock, buffer, replay>>

LandLate(f) ==
  /\ Free(f)
  /\ events' = IF Admitted(f) THEN Append(events, f.read) ELSE events
  /\ late' = late \ {f} /\ lock' = None
  /\ UNCHANGED <<read, queue, flight, position, buffer, replay, faults>>

LoseLate(f) ==
  /\ late' = late \ {f} /\ lock' = IF Holds(f) THEN None ELSE lock
  /\ UNCHANGED <<events, read, queue, flight, position, buffer, replay, faults>>

-----------------------------------------------------------------------------
(* Replayer *)

(* Under the log's lock it asks which of the events are there, and writes the others.                  *)
Sequences(ids) == {s \in [1..Cardinality(ids) -> ids] : Range(s) = ids}
Replay ==
  /\ replay = None /\ buffer # {} /\ lock = None
  /\ \E s \in Sequences(buffer \ Range(events)) : events' = events \o s
  /\ replay' = [step |-> "written", ids |-> buffer]
  /\ UNCHANGED <<read, queue, flight, late, position, lock, buffer, faults>>

Remove ==
  /\ replay # None
  /\ buffer' = buffer \ replay.ids
  /\ replay' = None
  /\ UNCHANGED <<events, read, queue, flight, late, position, lock, faults>>

(* It dies, or COMMIT's answer is lost: nothing is removed.                                            *)
ReplayerDies ==
  /\ replay # None /\ Fault
  /\ replay' = None
  /\ UNCHANGED <<events, read, queue, flight, late, position, lock, buffer>>

-----------------------------------------------------------------------------
Init ==
  /\ events = <<>> /\ read = [r \in Reads |-> "new"] /\ queue = {} /\ flight = None /\ late = {}
  /\ position = Unknown /\ lock = None /\ buffer = {} /\ replay = None /\ faults = Faults

CommitStep == (\E r \in Reads : Presume(r) \/ AskFirst(r)) \/ Locked \/ Land \/ Hear
CallStep(r) == Put(r) \/ Answer(r)
ReplayStep == Replay \/ Remove

Next ==
  \/ \E r \in Reads : Ask(r) \/ GiveUp(r) \/ CallStep(r) \/ Refuse(r)
  \/ CommitStep \/ Cut \/ Die
  \/ \E f \in late : LandLate(f) \/ LoseLate(f)
  \/ ReplayStep \/ ReplayerDies

Fairness ==
  /\ WF_vars(CommitStep) /\ WF_vars(ReplayStep) /\ WF_vars(\E f \in late : LandLate(f) \/ LoseLate(f))
  /\ \A r \in Reads : WF_vars(CallStep(r))
Spec == Init /\ [][Next]_vars /\ Fairness

-----------------------------------------------------------------------------
WrittenOnce == \A i, j \in DOMAIN events : events[i] = events[j] => i = j
AnsweredIsKept == \A r \in Reads : read[r] = "answered" => r \in Range(events) \cup buffer
AnsweredIsWritten == \A r \in Reads : (read[r] = "answered") ~> (r \in Range(events))
=============================================================================
