(** Histories that are run: what Proofs.v says of every history, computed of these. They show that
    the model does something (good feedback does move weights), and each seeded bug in mutants/ is
    shown by one of them to break what its proof then cannot prove. *)
From Coq Require Import List ZArith Bool PeanoNat.
From Reward Require Import Model.
Import ListNotations.
Open Scope Z_scope.

Arguments Evaluate {_} _%nat _%nat _.
Arguments Feedback {_} _%nat _%nat _.
Arguments Expire {_} _%nat.
Arguments Forget {_} _%nat.
Arguments Commit {_} _%nat.
Arguments RollBack {_} _%nat _%nat.

(** A learner that adds what it is told and counts its steps. *)
Definition add (steps : nat) (w g : weights) : option (weights * nat) :=
  if Nat.eqb (length w) (length g)
  then Some (map (fun both => fst both + snd both) (combine w g), S steps)
  else None.

Definition ours : tenant := 1%nat.
Definition theirs : tenant := 2%nat.
Definition initial (t : tenant) : learner nat := Learner [5; 5] [(0, 10); (0, 10)] 0%nat.

Definition after_all (history : list (action weights)) : state nat weights :=
  run add initial history.

Definition theta_of (t : tenant) (s : state nat weights) : weights := theta (learners s t).

Definition replays (t : tenant) (s : state nat weights) : bool :=
  match replay add (initial t) (rows_of t s) with
  | Some l => same_weights (theta l) (theta_of t s) && Nat.eqb (kept l) (kept (learners s t))
  | None => false
  end.

Definition within (s : state nat weights) : bool :=
  forallb (fun t => inside (bounds (learners s t)) (theta_of t s)) [ours; theirs] &&
  forallb (fun r => inside (law r) (after r)) (rows s).

(** An allowed evaluation earns what its feedback says. *)
Example earned :
  let s := after_all [Evaluate ours 7 Recorded; Feedback ours 7 [2; 1]; Commit 0] in
  (theta_of ours s, sources (rows s)) = ([7; 6], [7%nat]).
Proof. vm_compute. reflexivity. Qed.

Example denied :
  sources (rows (after_all [Evaluate ours 7 Denied; Feedback ours 7 [2; 2]; Commit 0])) = [].
Proof. vm_compute. reflexivity. Qed.

Example unrecorded :
  sources (rows (after_all [Evaluate ours 7 Unrecorded; Feedback ours 7 [2; 2]; Commit 0])) = [].
Proof. vm_compute. reflexivity. Qed.

Example never_asked :
  sources (rows (after_all [Feedback ours 7 [2; 2]; Commit 0])) = [].
Proof. vm_compute. reflexivity. Qed.

Example of_another_tenant :
  sources (rows (after_all [Evaluate theirs 7 Recorded; Feedback ours 7 [2; 2]; Commit 0])) = [].
Proof. vm_compute. reflexivity. Qed.

Example repeated :
  sources (rows (after_all [Evaluate ours 7 Recorded; Feedback ours 7 [1; 1]; Commit 0;
                            Forget 7; Feedback ours 7 [1; 1]; Commit 0])) = [7%nat].
Proof. vm_compute. reflexivity. Qed.

Example at_the_same_time :
  sources (rows (after_all [Evaluate ours 7 Recorded; Feedback ours 7 [1; 1];
                            Feedback ours 7 [1; 1]; Commit 0; Commit 0])) = [7%nat].
Proof. vm_compute. reflexivity. Qed.

(** The second is still under way when the claim of the first could be pruned. *)
Example claim_kept_for_who_is_late :
  sources (rows (after_all [Evaluate ours 7 Recorded; Feedback ours 7 [1; 1];
                            Feedback ours 7 [1; 1]; Commit 0; Forget 7; Commit 0])) = [7%nat].
Proof. vm_compute. reflexivity. Qed.

(** Feedback that is pruned alone would leave an evaluation that may be judged again. *)
Example expired :
  sources (rows (after_all [Evaluate ours 7 Recorded; Feedback ours 7 [1; 1]; Commit 0; Expire 7;
                            Forget 7; Feedback ours 7 [1; 1]; Commit 0])) = [7%nat].
Proof. vm_compute. reflexivity. Qed.

Example id_drawn_twice :
  sources (rows (after_all [Evaluate ours 7 Denied; Evaluate ours 7 Recorded;
                            Feedback ours 7 [1; 1]; Commit 0])) = [].
Proof. vm_compute. reflexivity. Qed.

Definition far : list (action weights) :=
  [Evaluate ours 7 Recorded; Feedback ours 7 [100; -100]; Commit 0].

Example kept_inside : within (after_all far) = true.
Proof. vm_compute. reflexivity. Qed.

Example narrowed :
  let s := after_all (far ++ [Enact ours [(0, 6); (2, 6)]]) in
  (within s, theta_of ours s) = (true, [6; 2]).
Proof. vm_compute. reflexivity. Qed.

Definition second_thoughts : list (action weights) :=
  [Evaluate ours 7 Recorded; Feedback ours 7 [1; 1]; Commit 0;
   Evaluate ours 8 Recorded; Feedback ours 8 [1; 1]; Commit 0; RollBack ours 1].

Example rolled_back : theta_of ours (after_all second_thoughts) = [6; 6].
Proof. vm_compute. reflexivity. Qed.

(** The row gone back to lies outside the bounds that are in force by now. *)
Example rolled_back_into_narrower_bounds :
  let s := after_all (far ++ [Enact ours [(0, 6); (2, 6)]; RollBack ours 1]) in
  (within s, theta_of ours s) = (true, [6; 2]).
Proof. vm_compute. reflexivity. Qed.

Example replayed :
  let s := after_all (far ++ second_thoughts ++ [Enact ours [(0, 6); (2, 6)]; RollBack ours 0]) in
  replays ours s = true.
Proof. vm_compute. reflexivity. Qed.

Example replayed_beside_another :
  let s := after_all [Evaluate ours 7 Recorded; Evaluate theirs 8 Recorded; Feedback ours 7 [1; 1];
                      Feedback theirs 8 [2; 2]; Commit 0; Commit 0] in
  (replays ours s, replays theirs s, theta_of ours s, theta_of theirs s)
  = (true, true, [6; 6], [7; 7]).
Proof. vm_compute. reflexivity. Qed.

Example nonsense_changes_nothing :
  let s := after_all [Evaluate ours 7 Recorded; Feedback ours 7 [1]; Commit 0;
                      Enact ours [(9, 1); (0, 1)]; RollBack ours 4] in
  (rows s, theta_of ours s) = ([], [5; 5]).
Proof. vm_compute. reflexivity. Qed.
