(** What is proven of the reward gate (Model.v), for every history of actions. The theorems stand at
    the end; [Print Assumptions] there must find none. *)
From Coq Require Import List ZArith Bool PeanoNat Lia.
From Reward Require Import Model.
Import ListNotations.
Open Scope Z_scope.

(** * Projection *)

Lemma clamp_inside : forall side x,
  fst side <= snd side -> fst side <= clamp side x <= snd side.
Proof. unfold clamp. intros. lia. Qed.

Lemma clamp_keeps : forall side x, fst side <= x <= snd side -> clamp side x = x.
Proof. unfold clamp. intros. lia. Qed.

Lemma project_lands_inside : forall b w w',
  well_formed b = true -> project b w = Some w' -> inside b w' = true.
Proof.
  induction b as [| [lower upper] b IH]; intros [| x w] w' good landed; simpl in *;
    try discriminate.
  - inversion landed. reflexivity.
  - apply andb_true_iff in good as [side good]. apply Z.leb_le in side.
    destruct (project b w) as [rest |] eqn:tail; simpl in landed; try discriminate.
    inversion landed; subst. simpl.
    destruct (clamp_inside (lower, upper) x side) as [above below]. simpl in above, below.
    apply Z.leb_le in above, below. rewrite above, below. simpl. eapply IH; eauto.
Qed.

Lemma project_keeps_what_is_inside : forall b w, inside b w = true -> project b w = Some w.
Proof.
  induction b as [| [lower upper] b IH]; intros [| x w] within; simpl in *; try discriminate.
  - reflexivity.
  - apply andb_true_iff in within as [side within]. apply andb_true_iff in side as [above below].
    apply Z.leb_le in above, below. rewrite (IH _ within). simpl.
    rewrite clamp_keeps by (simpl; lia). reflexivity.
Qed.

Lemma same_weights_iff : forall v w, same_weights v w = true <-> v = w.
Proof.
  intros. unfold same_weights. destruct (list_eq_dec Z.eq_dec v w); split; congruence.
Qed.

(** * Lists *)

Lemma known_iff : forall e ids, known e ids = true <-> In e ids.
Proof.
  intros. unfold known. rewrite existsb_exists. split.
  - intros [x [there equal]]. apply Nat.eqb_eq in equal. subst. exact there.
  - intros there. exists e. split; [exact there | apply Nat.eqb_refl].
Qed.

Lemma unknown_iff : forall e ids, known e ids = false <-> ~ In e ids.
Proof.
  intros. rewrite <- known_iff. destruct (known e ids); split; congruence.
Qed.

Lemma is_in : forall e t entries, existsb (is e t) entries = true <-> In (e, t) entries.
Proof.
  intros. rewrite existsb_exists. unfold is. split.
  - intros [[x y] [there equal]]. apply andb_true_iff in equal as [one other]. simpl in *.
    apply Nat.eqb_eq in one, other. subst. exact there.
  - intros there. exists (e, t). split; [exact there |]. simpl. now rewrite !Nat.eqb_refl.
Qed.

Lemma without_in : forall (A : Type) n (l : list A) x, In x (without n l) -> In x l.
Proof.
  intros A n l x there. unfold without in there. apply in_app_or in there as [there | there].
  - rewrite <- (firstn_skipn n l). apply in_or_app. now left.
  - rewrite <- (firstn_skipn (S n) l). apply in_or_app. now right.
Qed.

Lemma others_in : forall e (entries : list (id * tenant)) entry,
  In entry (filter (fun entry => negb (Nat.eqb e (fst entry))) entries) <->
  In entry entries /\ e <> fst entry.
Proof.
  intros. rewrite filter_In, negb_true_iff, Nat.eqb_neq. tauto.
Qed.

Section Learning.

Variable memory : Type.
Variable signal : Type.
Variable advance : memory -> weights -> signal -> option (weights * memory).
Variable initial : tenant -> learner memory.

(** The law's starting values are in the law's bounds (domain/constitution checks a text for it). *)
Hypothesis initial_inside : forall t,
  well_formed (bounds (initial t)) = true /\ inside (bounds (initial t)) (theta (initial t)) = true.

Notation state := (state memory signal).

(** * Learners *)

Definition bounded (l : learner memory) : Prop :=
  well_formed (bounds l) = true /\ inside (bounds l) (theta l) = true.

Lemma with_theta_bounded : forall (l : learner memory) w l',
  well_formed (bounds l) = true -> with_theta l w = Some l' -> bounded l'.
Proof.
  unfold with_theta, bounded. intros l w l' good landed.
  destruct (project (bounds l) w) eqn:projected; simpl in landed; try discriminate.
  inversion landed; subst. simpl. split; [exact good |]. eapply project_lands_inside; eauto.
Qed.

Lemma apply_bounded : forall l c to l',
  bounded l -> apply advance l c to = Some l' -> bounded l'.
Proof.
  intros l c to l' [good within] done. destruct c; simpl in done.
  - unfold step in done. destruct (advance (kept l) (theta l) gradient) as [[w m] |];
      try discriminate. eapply with_theta_bounded; [| exact done]. exact good.
  - unfold roll_back in done. eapply with_theta_bounded; eauto.
  - unfold set_bounds in done. destruct (well_formed to0) eqn:fine; try discriminate.
    eapply with_theta_bounded; [| exact done]. exact fine.
Qed.

(** Repeating a rollback projects a point that was projected already: that changes nothing. *)
Lemma apply_again : forall l c to l',
  bounded l -> apply advance l c to = Some l' -> apply advance l c (theta l') = Some l'.
Proof.
  intros l c to l' good done.
  assert (inside (bounds l') (theta l') = true) as within
    by apply (apply_bounded _ c to _ good done).
  destruct c; simpl in *; auto.
  unfold roll_back, with_theta in *.
  destruct (project (bounds l) to) eqn:projected; simpl in done; try discriminate.
  inversion done; subst. simpl in *. now rewrite project_keeps_what_is_inside.
Qed.

(** * What is true of every state *)

Record sound (s : state) : Prop := Sound {
  ids_once : NoDup (map about (requests s));
  evaluation_recorded : forall e t,
    In (e, t) (evaluations s) -> In (Request e t Recorded) (requests s);
  pending_recorded : forall p,
    In p (under_way s) -> In (Request (on p) (by_tenant p) Recorded) (requests s);
  row_recorded : forall r e,
    In r (rows s) -> In e (source r) -> In (Request e (of r) Recorded) (requests s);
  counted_recorded : forall e,
    In e (counted s) -> exists t, In (Request e t Recorded) (requests s);
  counted_claimed : forall p,
    In p (under_way s) -> In (on p) (counted s) -> In (on p) (claims s);
  counted_answered : forall e t,
    In (e, t) (evaluations s) -> In e (counted s) -> In (e, t) (verdicts s);
  counted_never_twice : NoDup (counted s);
  sources_counted : forall e, In e (sources (rows s)) -> In e (counted s);
  sources_never_twice : NoDup (sources (rows s));
  learners_bounded : forall t, bounded (learners s t);
  rows_bounded : forall r, In r (rows s) -> inside (law r) (after r) = true;
  rows_replay : forall t,
    replay advance (initial t) (rows_of t s) = Some (learners s t) }.

Lemma asked_in : forall e t f requests, In (Request e t f) requests -> In e (map about requests).
Proof. intros e t f requests there. now apply (in_map about) in there. Qed.

Lemma recorded_asked : forall e requests,
  (exists t, In (Request e t Recorded) requests) -> In e (map about requests).
Proof. intros e requests [t there]. eapply asked_in; eauto. Qed.

(** An id stands for one request. *)
Lemma one_request : forall e t f t' f' requests,
  NoDup (map about requests) ->
  In (Request e t f) requests -> In (Request e t' f') requests -> t = t' /\ f = f'.
Proof.
  induction requests as [| r requests IH]; simpl; intros once here there; [contradiction |].
  inversion once as [| x l fresh rest]; subst.
  destruct here as [here | here], there as [there | there]; subst; simpl in *.
  - inversion there. auto.
  - exfalso. apply fresh. eapply asked_in; eauto.
  - exfalso. apply fresh. eapply asked_in; eauto.
  - auto.
Qed.

Lemma start_sound : sound (start (signal := signal) initial).
Proof.
  constructor; simpl; try constructor; try contradiction; try (intros; contradiction);
    try apply initial_inside; try reflexivity.
Qed.

Lemma evaluate_sound : forall s t e f, sound s -> sound (evaluate s t e f).
Proof.
  intros s t e f good. unfold evaluate.
  destruct (known e (map about (requests s))) eqn:drawn; [exact good |].
  apply unknown_iff in drawn. destruct good.
  constructor; simpl; try assumption.
  - constructor; assumption.
  - intros e' t' there. destruct f; simpl in there; auto.
    destruct there as [there | there]; [inversion there; auto | auto].
  - intros p here. right. auto.
  - intros r e' here there. right. eauto.
  - intros e' before. destruct (counted_recorded0 _ before) as [t' there]. eauto.
  - intros e' t' there before.
    assert (e' <> e) as other by (intros ->; apply drawn, recorded_asked; auto).
    destruct f; simpl in there; auto.
    destruct there as [there | there]; [inversion there; congruence | auto].
Qed.

Lemma feedback_sound : forall s t e g, sound s -> sound (feedback s t e g).
Proof.
  intros s t e g good. unfold feedback.
  destruct (admitted s t e) eqn:may; [| exact good].
  unfold admitted in may. apply andb_true_iff in may as [there fresh].
  apply is_in in there. apply negb_true_iff in fresh.
  destruct good. constructor; simpl; try assumption.
  - intros p [<- | here]; simpl; auto.
  - intros p [<- | here] before; simpl in *; auto.
    exfalso. apply (counted_answered0 _ _ there) in before. apply is_in in before. congruence.
Qed.

(** A change of a learner keeps everything, provided what earned it was counted this once. *)
Lemma learn_sound : forall s t c to,
  sound s ->
  (forall e g, c = Reward e g ->
     In (Request e t Recorded) (requests s) /\ In e (counted s) /\ ~ In e (sources (rows s))) ->
  sound (learn advance s t c to).
Proof.
  intros s t c to good earned. unfold learn.
  destruct (apply advance (learners s t) c to) as [l |] eqn:done; [| exact good].
  pose proof (learners_bounded _ good t) as before.
  pose proof (apply_bounded _ c to _ before done) as after.
  pose proof (apply_again _ c to _ before done) as again.
  destruct good. constructor; simpl; try assumption.
  - intros r e [<- | here] there; simpl in *; [| eauto].
    destruct c; simpl in there; try contradiction.
    destruct there as [<- | there]; [| contradiction]. now apply (earned _ gradient).
  - intros e there. apply in_app_or in there as [there | there]; auto.
    destruct c; simpl in there; try contradiction.
    destruct there as [<- | there]; [| contradiction]. now apply (earned _ gradient).
  - destruct c; simpl; auto. constructor; auto. now apply (earned _ gradient).
  - intros t'. unfold put. destruct (Nat.eqb t' t); auto.
  - intros r [<- | here]; simpl; auto. apply after.
  - intros t'. unfold rows_of, put. simpl. rewrite Nat.eqb_sym.
    destruct (Nat.eqb t' t) eqn:same; [| apply rows_replay0].
    apply Nat.eqb_eq in same. subst t'. simpl.
    change (filter (fun r => Nat.eqb (of r) t) (rows s)) with (rows_of t s).
    rewrite rows_replay0. unfold repeat. simpl.
    rewrite (proj2 (same_weights_iff _ _) eq_refl). rewrite again.
    now rewrite (proj2 (same_weights_iff _ _) eq_refl).
Qed.

Lemma fewer_under_way_sound : forall s n, sound s -> sound (give_up s n).
Proof.
  intros s n good. destruct good. constructor; simpl; try assumption.
  - intros p here. apply without_in in here. auto.
  - intros p here. apply without_in in here. auto.
Qed.

Lemma commit_sound : forall s n, sound s -> sound (commit advance s n).
Proof.
  intros s n good. unfold commit.
  destruct (nth_error (under_way s) n) as [p |] eqn:here; [| exact good].
  apply nth_error_In in here.
  destruct (known (on p) (claims s)) eqn:claimed; [apply (fewer_under_way_sound _ n good) |].
  apply unknown_iff in claimed.
  assert (~ In (on p) (counted s)) as fresh
    by (intros before; apply claimed; apply (counted_claimed _ good); auto).
  pose proof (pending_recorded _ good _ here) as recorded.
  apply learn_sound.
  - destruct good. constructor; simpl; try assumption.
    + intros q there. apply without_in in there. auto.
    + intros e [<- | there]; eauto.
    + intros q there [same | before]; auto. right. apply without_in in there. auto.
    + intros e t there [<- | before]; auto. left.
      apply evaluation_recorded0 in there.
      destruct (one_request _ _ _ _ _ _ ids_once0 there recorded) as [-> _]. reflexivity.
    + constructor; assumption.
    + auto.
  - intros e g same. inversion same; subst. simpl. repeat split; auto.
    intros before. apply fresh. now apply (sources_counted _ good).
Qed.

Lemma expire_sound : forall s e, sound s -> sound (expire s e).
Proof.
  intros s e good. destruct good. constructor; simpl; try assumption.
  - intros e' t there. apply others_in in there as [there _]. auto.
  - intros e' t there before. apply others_in in there as [there other]. apply others_in. auto.
Qed.

Lemma forget_sound : forall s e, sound s -> sound (forget s e).
Proof.
  intros s e good. unfold forget.
  destruct (known e (map (@on signal) (under_way s))) eqn:awaited; [exact good |].
  apply unknown_iff in awaited. destruct good. constructor; simpl; try assumption.
  intros p here before. apply filter_In. split; auto.
  apply negb_true_iff, Nat.eqb_neq. intros ->. apply awaited. now apply in_map.
Qed.

Lemma act_sound : forall s a, sound s -> sound (act advance s a).
Proof.
  intros s a good. destruct a; simpl.
  - now apply evaluate_sound.
  - now apply feedback_sound.
  - now apply commit_sound.
  - now apply fewer_under_way_sound.
  - now apply expire_sound.
  - now apply forget_sound.
  - unfold roll_back_to. destruct (nth_error (rows_of t s) n); [| exact good].
    apply learn_sound; [exact good | intros; discriminate].
  - apply learn_sound; [exact good | intros; discriminate].
Qed.

Lemma run_sound : forall history, sound (run advance initial history).
Proof.
  intros history. unfold run. rewrite <- fold_left_rev_right.
  induction (rev history) as [| a older IH]; simpl; [apply start_sound | now apply act_sound].
Qed.

(** * The theorems *)

Section Theorems.

Variable history : list (action signal).
Let s := run advance initial history.

(** A row that was earned was earned by an evaluation of the same tenant that the gate allowed and
    the ledger recorded. *)
Theorem reward_is_earned : forall r e g,
  In r (rows s) -> why r = Reward e g -> In (Request e (of r) Recorded) (requests s).
Proof.
  intros r e g here cause. apply (row_recorded _ (run_sound history) r e here).
  unfold source. rewrite cause. now left.
Qed.

(** A request that was denied, or that no transaction recorded, never earns anything: neither a row
    nor a verdict of any tenant names it. *)
Theorem denied_earns_nothing : forall e t f,
  In (Request e t f) (requests s) -> f <> Recorded ->
  ~ In e (sources (rows s)) /\ ~ In e (counted s).
Proof.
  pose proof (run_sound history) as good. intros e t f asked refused.
  assert (forall t', ~ In (Request e t' Recorded) (requests s)) as never.
  { intros t' recorded. apply refused.
    now destruct (one_request _ _ _ _ _ _ (ids_once _ good) asked recorded). }
  split; intros there.
  - unfold sources in there. apply in_flat_map in there as [r [here names]].
    apply (never (of r)). now apply (row_recorded _ good r e).
  - apply (counted_recorded _ good) in there as [t' recorded]. now apply (never t').
Qed.

(** Feedback counts at most once for an evaluation, whoever races, repeats or comes late. *)
Theorem counts_once : NoDup (counted s) /\ NoDup (sources (rows s)).
Proof.
  pose proof (run_sound history) as good. split;
    [apply (counted_never_twice _ good) | apply (sources_never_twice _ good)].
Qed.

(** Weights are inside the bounds in force, after every history: whatever was learnt, rolled back,
    or bounded anew. *)
Theorem always_inside : forall t, inside (bounds (learners s t)) (theta (learners s t)) = true.
Proof. intros t. apply (learners_bounded _ (run_sound history) t). Qed.

(** So was every row, when it was written. *)
Theorem rows_inside : forall r, In r (rows s) -> inside (law r) (after r) = true.
Proof. apply (rows_bounded _ (run_sound history)). Qed.

(** A tenant's rows, repeated from the law's starting values, give its weights, and what else its
    learner keeps. *)
Theorem replay_gives_the_weights : forall t,
  replay advance (initial t) (rows_of t s) = Some (learners s t).
Proof. apply (rows_replay _ (run_sound history)). Qed.

(** So nothing but rows moves weights. *)
Theorem without_rows_nothing_moved : forall t,
  rows_of t s = [] -> learners s t = initial t.
Proof.
  intros t none. pose proof (replay_gives_the_weights t) as same. rewrite none in same.
  simpl in same. congruence.
Qed.

(** A rollback to weights that today's bounds admit restores them exactly. *)
Theorem rollback_is_exact : forall t n r,
  nth_error (rows_of t s) n = Some r ->
  inside (bounds (learners s t)) (after r) = true ->
  theta (learners (roll_back_to advance s t n) t) = after r.
Proof.
  intros t n r there within. unfold roll_back_to. rewrite there.
  unfold learn. simpl. unfold roll_back, with_theta.
  rewrite (project_keeps_what_is_inside _ _ within). simpl.
  unfold put. now rewrite Nat.eqb_refl.
Qed.

(** One tenant's feedback moves no other's weights. *)
Theorem others_do_not_move : forall n p t,
  nth_error (under_way s) n = Some p -> t <> by_tenant p ->
  learners (commit advance s n) t = learners s t.
Proof.
  intros n p t there other. unfold commit. rewrite there.
  destruct (known (on p) (claims s)); [reflexivity |].
  unfold learn. destruct (apply _ _ _ _); [| reflexivity].
  simpl. unfold put. apply Nat.eqb_neq in other. now rewrite other.
Qed.

End Theorems.

End Learning.

Print Assumptions reward_is_earned.
Print Assumptions denied_earns_nothing.
Print Assumptions counts_once.
Print Assumptions always_inside.
Print Assumptions rows_inside.
Print Assumptions replay_gives_the_weights.
Print Assumptions without_rows_nothing_moved.
Print Assumptions rollback_is_exact.
Print Assumptions others_do_not_move.
