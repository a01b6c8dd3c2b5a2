(** The reward gate: who may change a tenant's weights, and how far.

    A state is what the stores hold of a tenant's judgements and of its learning, and what is under
    way in processes. An action is one thing that happens: a request, a transaction, a law. [act]
    says what becomes of the state; where an action may not happen, nothing becomes of it. So a list
    of actions, any list, is a history, and what is proven (Proofs.v) is proven of all of them.

    A weight is a finite double. Each is a whole multiple of 2^-1074: as an integer of that unit
    it has the same order, and clamping is exact in both. What a step computes before it is
    projected is rounded arithmetic: here it is any function at all ([advance]). *)
From Coq Require Import List ZArith Bool PeanoNat.
Import ListNotations.
Open Scope Z_scope.
Set Implicit Arguments.
Set Contextual Implicit.

(** * Weights and their bounds *)

Definition weights := list Z.
Definition box := list (Z * Z).  (* for each weight the lowest and the highest value *)

Definition well_formed (b : box) : bool := forallb (fun side => fst side <=? snd side) b.

Fixpoint inside (b : box) (w : weights) : bool :=
  match b, w with
  | [], [] => true
  | (lower, upper) :: b', x :: w' => (lower <=? x) && (x <=? upper) && inside b' w'
  | _, _ => false
  end.

Definition clamp (side : Z * Z) (x : Z) : Z := Z.max (fst side) (Z.min (snd side) x).

(** None: the numbers of weights and of bounds differ. *)
Fixpoint project (b : box) (w : weights) : option weights :=
  match b, w with
  | [], [] => Some []
  | side :: b', x :: w' => option_map (cons (clamp side x)) (project b' w')
  | _, _ => None
  end.

Definition same_weights (v w : weights) : bool := if list_eq_dec Z.eq_dec v w then true else false.

(** * What is stored *)

Definition tenant := nat.
Definition id := nat.

(** What a request to evaluate came to. [Unrecorded]: the gate let it pass, and its transaction
    failed, or was never begun. *)
Inductive fate := Recorded | Unrecorded | Denied.
Record request := Request { about : id; asked_by : tenant; came_to : fate }.

Section Learning.

Variable memory : Type.  (* what a learner keeps beside its weights: steps, squared gradients *)
Variable signal : Type.  (* what feedback says, as the gradients that are stored with a row *)
Variable advance : memory -> weights -> signal -> option (weights * memory).

Record learner := Learner { theta : weights; bounds : box; kept : memory }.

Inductive cause :=
  | Reward (evaluation : id) (gradient : signal)
  | Rollback
  | NewBounds (to : box).

(** One row of the weights' history. [law] is what bounded it: a row names the constitution's
    version, and that has one text. *)
Record row := Row {
  of : tenant;
  why : cause;
  before : weights;
  after : weights;
  law : box }.

(** Feedback that was admitted and has not been committed. *)
Record pending := Pending { on : id; by_tenant : tenant; says : signal }.

Record state := State {
  requests : list request;         (* all there ever were: no store, the world's memory *)
  counted : list id;               (* evaluations whose feedback was ever committed: likewise *)
  evaluations : list (id * tenant);
  verdicts : list (id * tenant);   (* feedback that is stored *)
  claims : list id;                (* of feedback for an evaluation: whoever commits first *)
  under_way : list pending;
  rows : list row;                 (* newest first *)
  learners : tenant -> learner }.

(** * Learning *)

Definition with_theta (l : learner) (w : weights) : option learner :=
  option_map (fun w' => Learner w' (bounds l) (kept l)) (project (bounds l) w).

Definition step (l : learner) (g : signal) : option learner :=
  match advance (kept l) (theta l) g with
  | Some (w, m) => with_theta (Learner (theta l) (bounds l) m) w
  | None => None
  end.

Definition roll_back (l : learner) (to : weights) : option learner := with_theta l to.

Definition set_bounds (l : learner) (b : box) : option learner :=
  if well_formed b then with_theta (Learner (theta l) b (kept l)) (theta l) else None.

Definition apply (l : learner) (c : cause) (to : weights) : option learner :=
  match c with
  | Reward _ g => step l g
  | Rollback => roll_back l to
  | NewBounds b => set_bounds l b
  end.

(** A row repeated; None: the learner does not stand where the row begins, or does not come to where
    it ends. *)
Definition repeat (l : learner) (r : row) : option learner :=
  if same_weights (theta l) (before r) then
    match apply l (why r) (after r) with
    | Some l' => if same_weights (theta l') (after r) then Some l' else None
    | None => None
    end
  else None.

(** Rows come newest first. *)
Fixpoint replay (l : learner) (history : list row) : option learner :=
  match history with
  | [] => Some l
  | newest :: older =>
      match replay l older with
      | Some l' => repeat l' newest
      | None => None
      end
  end.

Definition rows_of (t : tenant) (s : state) : list row :=
  filter (fun r => Nat.eqb (of r) t) (rows s).

(** * What happens *)

Inductive action :=
  | Evaluate (t : tenant) (e : id) (f : fate)
  | Feedback (t : tenant) (e : id) (g : signal)  (* arrives, and is looked at *)
  | Commit (n : nat)                             (* of what is under way, the n-th *)
  | GiveUp (n : nat)
  | Expire (e : id)                              (* an evaluation's time is over, or it is erased *)
  | Forget (e : id)                              (* its claim is pruned *)
  | RollBack (t : tenant) (n : nat)              (* to the n-th of its rows *)
  | Enact (t : tenant) (b : box).                (* a law with these bounds comes into force *)

Definition known (e : id) (ids : list id) : bool := existsb (Nat.eqb e) ids.
Definition is (e : id) (t : tenant) (entry : id * tenant) : bool :=
  Nat.eqb e (fst entry) && Nat.eqb t (snd entry).

(** Ids are drawn, never chosen: a number is not drawn twice. Only what passed the gate and whose
    transaction ended well is an evaluation. *)
Definition evaluate (s : state) (t : tenant) (e : id) (f : fate) : state :=
  if known e (map about (requests s)) then s
  else State (Request e t f :: requests s) (counted s)
         (match f with
          | Recorded => (e, t) :: evaluations s
          | Unrecorded | Denied => evaluations s
          end)
         (verdicts s) (claims s) (under_way s) (rows s) (learners s).

(** Admitted: an evaluation of this tenant that has no feedback yet. *)
Definition admitted (s : state) (t : tenant) (e : id) : bool :=
  existsb (is e t) (evaluations s) && negb (existsb (is e t) (verdicts s)).

Definition feedback (s : state) (t : tenant) (e : id) (g : signal) : state :=
  if admitted s t e then
    State (requests s) (counted s) (evaluations s) (verdicts s) (claims s)
      (Pending e t g :: under_way s) (rows s) (learners s)
  else s.

Definition without {A : Type} (n : nat) (l : list A) : list A := firstn n l ++ skipn (S n) l.

Definition put (learned : tenant -> learner) (t : tenant) (l : learner) : tenant -> learner :=
  fun other => if Nat.eqb other t then l else learned other.

(** A learner that changes leaves a row, in the same transaction; one that cannot, neither. *)
Definition learn (s : state) (t : tenant) (c : cause) (to : weights) : state :=
  match apply (learners s t) c to with
  | Some l =>
      State (requests s) (counted s) (evaluations s) (verdicts s) (claims s) (under_way s)
        (Row t c (theta (learners s t)) (theta l) (bounds l) :: rows s)
        (put (learners s) t l)
  | None => s
  end.

Definition commit (s : state) (n : nat) : state :=
  match nth_error (under_way s) n with
  | None => s
  | Some p =>
      if known (on p) (claims s) then
        State (requests s) (counted s) (evaluations s) (verdicts s) (claims s)
          (without n (under_way s)) (rows s) (learners s)
      else
        learn
          (State (requests s) (on p :: counted s) (evaluations s)
             ((on p, by_tenant p) :: verdicts s) (on p :: claims s)
             (without n (under_way s)) (rows s) (learners s))
          (by_tenant p) (Reward (on p) (says p)) []
  end.

Definition give_up (s : state) (n : nat) : state :=
  State (requests s) (counted s) (evaluations s) (verdicts s) (claims s)
    (without n (under_way s)) (rows s) (learners s).

(** Feedback goes with its evaluation. *)
Definition expire (s : state) (e : id) : state :=
  let others := filter (fun entry => negb (Nat.eqb e (fst entry))) in
  State (requests s) (counted s) (others (evaluations s)) (others (verdicts s)) (claims s)
    (under_way s) (rows s) (learners s).

(** A claim outlives every request that was under way when it was made: 24 hours against a
    deadline. *)
Definition forget (s : state) (e : id) : state :=
  if known e (map on (under_way s)) then s
  else State (requests s) (counted s) (evaluations s) (verdicts s)
         (filter (fun other => negb (Nat.eqb e other)) (claims s))
         (under_way s) (rows s) (learners s).

Definition roll_back_to (s : state) (t : tenant) (n : nat) : state :=
  match nth_error (rows_of t s) n with
  | Some r => learn s t Rollback (after r)
  | None => s
  end.

Definition act (s : state) (a : action) : state :=
  match a with
  | Evaluate t e f => evaluate s t e f
  | Feedback t e g => feedback s t e g
  | Commit n => commit s n
  | GiveUp n => give_up s n
  | Expire e => expire s e
  | Forget e => forget s e
  | RollBack t n => roll_back_to s t n
  | Enact t b => learn s t (NewBounds b) []
  end.

Definition start (initial : tenant -> learner) : state := State [] [] [] [] [] [] [] initial.

Definition run (initial : tenant -> learner) (history : list action) : state :=
  fold_left act history (start initial).

(** The evaluations that rows were earned by. *)
Definition source (r : row) : list id :=
  match why r with Reward e _ => [e] | Rollback | NewBounds _ => [] end.
Definition sources (history : list row) : list id := flat_map source history.

End Learning.
