//! Lines of a bulk request that are carried out together: one transaction, and a statement for each step whatever their
//! number.
//!
//! The tenant's identities are claimed as a whole, so that what is looked at stays as it is: no other writer gives an
//! identity to a customer meanwhile. Then everything is decided before anything is written: `plan.rs` says what each line
//! comes to by itself, `handover.rs` which of them stand together. Erasures are written first, then what is handed on is
//! emptied, then changes, then new customers.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::{
    delete::{self, erased},
    free::{Giver, free},
    handover::{Collisions, EXTERNAL_ID, Holder, Move, settle},
    identity_locks::{IdentityLocks, claim_all},
    numbering::Numbering,
    plan::{Plan, plan},
    store::{Insert, NewCustomer},
    taken::{KINDS, holders},
    write::{ChangedCustomer, Write},
};
use crate::domain::{
    bulk::{Line, Mode},
    caller::Caller,
    customer_urn::CustomerUrn,
};
use crate::postgres::{
    batch::Op,
    error::{is_outdated, is_refusal},
    transaction::{begin, commit, rollback},
};
use crate::service::{
    customers::{Conflict, CustomersError, LineDone, TakenIdentity},
    storage_error::StorageError,
};

/// Lines that name different customers.
pub(super) struct Together<'a> {
    pub caller: &'a Caller,
    pub numbering: Numbering,
    pub mode: Mode,
    pub lines: &'a [Line],
}

/// What became of a line.
pub(super) enum Answer {
    Done(Result<LineDone, CustomersError>),
    /// Nothing has happened: its row changed meanwhile, or its identity was taken by a writer that claims nothing.
    Alone,
}

/// Why nothing has happened, and the lines are to be tried again.
pub(super) enum Miss {
    /// The tenant's identities could not be claimed in time.
    Busy,
    /// A statement was refused, which does not tell because of which line; or a row changed that others depend on.
    Refused,
}

/// The error: the database did not answer, or the outcome of the commit is unknown.
type Attempt = Result<Result<Vec<Answer>, Miss>, StorageError>;

enum Stop {
    Miss(Miss),
    Error(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        if is_refusal(&error) && !is_outdated(&error) {
            Self::Miss(Miss::Refused)
        } else {
            Self::Error(error)
        }
    }
}

impl Together<'_> {
    /// The answers to the first lines: as many as prove to be about different customers, and one at least.
    #[tracing::instrument(name = "customers.bulk", skip_all)]
    pub async fn carry_out(&self, connection: &mut PgConnection) -> Attempt {
        let mut transaction = begin(connection).await?;
        match self.decide_and_write(&mut transaction).await {
            Ok(answers) => {
                match self.mode {
                    Mode::Write => commit(transaction).await?,
                    Mode::DryRun => rollback(transaction).await?,
                }
                Ok(Ok(answers))
            }
            Err(Stop::Miss(miss)) => {
                rollback(transaction).await?;
                Ok(Err(miss))
            }
            Err(Stop::Error(error)) => Err(error.into()),
        }
    }

    async fn decide_and_write(&self, connection: &mut PgConnection) -> Result<Vec<Answer>, Stop> {
        if self.mode == Mode::Write {
            self.claim(connection).await?;
        }
        let mut plans = plan(connection, self.caller, self.numbering, self.lines).await?;
        self.settle(connection, &mut plans).await?;
        match self.mode {
            Mode::Write => self.write(connection, plans).await,
            Mode::DryRun => {
                Ok(plans.into_iter().map(|plan| Answer::Done(plan.would_be(self.numbering))).collect())
            }
        }
    }

    async fn claim(&self, connection: &mut PgConnection) -> Result<(), Stop> {
        let claimed = claim_all(connection, self.caller.tenant_id()).await;
        claimed.map_err(|error| match Stop::from(error) {
            Stop::Miss(_) => Stop::Miss(Miss::Busy),
            error => error,
        })?;
        // While this transaction waits for a row, all other writers of the tenant wait, too. And a plan that was made for
        // an empty table must not be kept for a full one.
        sqlx::query!(
            r#"
            select
                set_config('lock_timeout', '50ms', true) as "lock_timeout!",
                set_config('plan_cache_mode', 'force_custom_plan', true) as "plan_cache_mode!"
            "#
        )
        .fetch_one(connection)
        .await?;
        Ok(())
    }

    /// Finds which of the plans cannot stand beside the others and beside the customers there are.
    async fn settle(&self, connection: &mut PgConnection, plans: &mut Vec<Plan>) -> Result<(), Stop> {
        let moves = plans.iter().enumerate().filter_map(|(place, plan)| Some((place, plan.as_move()?)));
        let (places, mut moves): (Vec<_>, Vec<_>) = moves.unzip();
        let takes: Vec<_> = moves.iter().map(Move::takes).collect();
        if takes.iter().flatten().all(Option::is_none) {
            return Ok(());
        }
        let holders = holders(connection, self.caller.tenant_id(), &takes).await?;
        for (it, holders) in moves.iter_mut().zip(holders) {
            it.holders = holders.map(|holder| holder.filter(|_| holder != it.number));
        }
        // Who re-keys a customer and who takes its old external id do so in their order.
        let end = first_after_rekeying(&moves).map_or(plans.len(), |index| places[index]);
        moves.truncate(places.iter().take_while(|place| **place < end).count());
        let collisions = settle(&moves);
        let urns: Vec<_> = places.iter().map(|place| self.urn(&plans[*place])).collect();
        for (place, collisions) in places.into_iter().zip(collisions) {
            let taken = self.taken(collisions, &urns);
            if !taken.is_empty() {
                let target = plans[place].target();
                plans[place] = Plan::Answered(Err(CustomersError::Taken(Conflict { target, taken })));
            }
        }
        plans.truncate(end);
        Ok(())
    }

    /// `urns`: of the customers of the moves.
    fn taken(&self, collisions: Collisions, urns: &[Option<CustomerUrn>]) -> Vec<TakenIdentity> {
        let taken = KINDS.into_iter().zip(collisions).filter_map(|(identity, holder)| {
            let holder = match holder? {
                Holder::Stored(number) => Some(self.numbering.urn(number)),
                Holder::Moved(index) => urns[index],
            };
            Some(TakenIdentity { identity, holder })
        });
        taken.collect()
    }

    /// `None`: a dry run creates nobody.
    fn urn(&self, plan: &Plan) -> Option<CustomerUrn> {
        match plan {
            Plan::New { number, .. } => (self.mode == Mode::Write).then(|| self.numbering.urn(*number)),
            Plan::Answered(_) | Plan::Erase(_) | Plan::Change(_) => plan.target(),
        }
    }

    async fn write(&self, connection: &mut PgConnection, plans: Vec<Plan>) -> Result<Vec<Answer>, Stop> {
        let (tenant, numbering) = (self.caller.tenant_id(), self.numbering);
        let erasures: Vec<_> = plans.iter().filter_map(erasure).collect();
        if !erasures.is_empty() {
            delete::erase(connection, self.caller, &erasures).await?;
        }
        let givers = givers(&plans);
        if !givers.is_empty() && !free(connection, tenant, &givers).await? {
            return Err(Stop::Miss(Miss::Refused));
        }
        let changes: Vec<_> = plans.iter().filter_map(|plan| self.changed(plan)).collect();
        let written = if changes.is_empty() { Vec::new() } else { Write::trip(connection, &changes).await? };
        if !givers.is_empty() && written.iter().any(Option::is_none) {
            return Err(Stop::Miss(Miss::Refused));
        }
        let new: Vec<_> = plans.iter().filter_map(|plan| self.created(plan)).collect();
        let claims = IdentityLocks::default();
        let inserted = if new.is_empty() {
            Vec::new()
        } else {
            Insert::trip_claiming(connection, &new, &claims).await?
        };
        let (mut written, mut inserted) = (written.into_iter(), inserted.into_iter());
        let answers = plans.into_iter().map(|plan| match plan {
            Plan::Answered(answer) => Answer::Done(answer),
            Plan::Erase(locked) => Answer::Done(Ok(erased(numbering, locked).into())),
            Plan::Change(difference) if difference.is_none() => {
                Answer::Done(Ok(difference.into_unwritten().into()))
            }
            Plan::Change(difference) => match written.next().flatten() {
                Some(written) => Answer::Done(Ok(written.into_saved(*difference).into())),
                None => Answer::Alone,
            },
            Plan::New { number, profile: _, source_version: _ } => match inserted.next().flatten() {
                Some(inserted) => Answer::Done(Ok(inserted.into_done(numbering.urn(number)))),
                None => Answer::Alone,
            },
        });
        Ok(answers.collect())
    }

    fn changed(&self, plan: &Plan) -> Option<ChangedCustomer> {
        match plan {
            Plan::Change(difference) if !difference.is_none() => {
                ChangedCustomer::new(self.caller, difference)
            }
            Plan::Answered(_) | Plan::Erase(_) | Plan::Change(_) | Plan::New { .. } => None,
        }
    }

    fn created(&self, plan: &Plan) -> Option<NewCustomer> {
        match plan {
            Plan::New { number, profile, source_version } => {
                Some(NewCustomer::new(self.caller, *number, profile.clone(), *source_version))
            }
            Plan::Answered(_) | Plan::Erase(_) | Plan::Change(_) => None,
        }
    }
}

fn erasure(plan: &Plan) -> Option<i64> {
    match plan {
        Plan::Erase(locked) => Some(locked.number),
        Plan::Answered(_) | Plan::Change(_) | Plan::New { .. } => None,
    }
}

/// The first move that must wait for one before it: of each external id that is both given up and taken, the later one.
fn first_after_rekeying(moves: &[Move<'_>]) -> Option<usize> {
    let by_number: HashMap<_, _> =
        moves.iter().enumerate().filter_map(|(index, it)| Some((it.number?, index))).collect();
    let later = moves.iter().enumerate().filter_map(|(index, it)| {
        let giver = *by_number.get(&it.holders[EXTERNAL_ID]?)?;
        let is_given_up = moves[giver].after[EXTERNAL_ID] != it.takes()[EXTERNAL_ID];
        is_given_up.then_some(index.max(giver))
    });
    later.min()
}

/// Those whose present identities other changes take.
fn givers(plans: &[Plan]) -> Vec<Giver> {
    let changes = || {
        plans.iter().filter_map(|plan| match plan {
            Plan::Change(difference) => Some((&difference.before, plan.as_move()?)),
            Plan::Answered(_) | Plan::Erase(_) | Plan::New { .. } => None,
        })
    };
    let takes = changes().flat_map(|(_, it)| it.takes().into_iter().enumerate().skip(EXTERNAL_ID + 1));
    let taken: HashSet<_> = takes.filter_map(|(kind, value)| Some((kind, value?))).collect();
    let givers = changes().filter_map(|(before, it)| {
        let gives = |kind: usize| {
            it.after[kind] != it.before[kind]
                && it.before[kind].is_some_and(|value| taken.contains(&(kind, value)))
        };
        let (email, phone_number) = (gives(1), gives(2));
        let number = it.number.filter(|_| email || phone_number)?;
        Some(Giver { number, version: before.version, email, phone_number })
    });
    givers.collect()
}
