//! What each line of a batch comes to by itself: decided by what its customer is now, before anything is written.

use std::{collections::HashSet, sync::Arc};

use sqlx::PgConnection;

use super::{
    complete::check_complete,
    delete::erased,
    difference::{Difference, UpdateRequest},
    handover::Move,
    info::{Find, Wanted},
    lock::{Locked, lock_all},
    numbering::Numbering,
    taken::identities,
    target::Target,
};
use crate::domain::{
    bulk::Line,
    caller::Caller,
    customer::{Customer, Profile, ProfileChange},
    customer_urn::CustomerUrn,
    precondition::Precondition,
    source_version::SourceVersion,
    upsert::{Guard, IfTaken, Outcome},
};
use crate::postgres::batch::Op;
use crate::service::customers::{CustomersError, LineDone};

pub(super) enum Plan {
    /// There is nothing to write.
    Answered(Result<LineDone, CustomersError>),
    /// A customer that is not erased yet.
    Erase(Locked),
    /// Of a customer that is there; perhaps of nothing but its source version.
    Change(Box<Difference>),
    New {
        number: i64,
        profile: Arc<Profile>,
        source_version: Option<SourceVersion>,
    },
}

impl Plan {
    /// What it makes of the identities of a customer. Who has what it takes is to be filled in.
    pub fn as_move(&self) -> Option<Move<'_>> {
        let (number, before, after) = match self {
            Self::Answered(_) => return None,
            Self::Erase(locked) => (Some(locked.number), [None; 3], [None; 3]),
            Self::Change(difference) => {
                let Difference { before, after, .. } = &**difference;
                (before.urn.stored_number(), identities(&before.profile), identities(after))
            }
            Self::New { profile, .. } => (None, [None; 3], identities(profile)),
        };
        Some(Move { number, before, after, holders: [None; 3] })
    }

    /// The customer that it changes.
    pub fn target(&self) -> Option<CustomerUrn> {
        match self {
            Self::Change(difference) => Some(difference.before.urn),
            Self::Answered(_) | Self::Erase(_) | Self::New { .. } => None,
        }
    }

    /// What a dry run answers.
    pub fn would_be(self, numbering: Numbering) -> Result<LineDone, CustomersError> {
        match self {
            Self::Answered(answer) => answer,
            Self::Erase(locked) => Ok(erased(numbering, locked).into()),
            Self::Change(difference) => {
                let Difference { before, changed, outcome, .. } = *difference;
                let version = before.version + i64::from(!changed.is_empty());
                Ok(LineDone { customer: Some(before.urn), version, outcome })
            }
            Self::New { .. } => Ok(LineDone { customer: None, version: 1, outcome: Outcome::Created }),
        }
    }
}

/// Of the first lines: as many as prove to be about different customers.
pub(super) async fn plan(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    lines: &[Line],
) -> Result<Vec<Plan>, sqlx::Error> {
    let targets: Vec<_> = lines.iter().map(|line| target(line, numbering)).collect();
    let mut found = find(connection, caller, numbering, &targets).await?;
    let numbers: Vec<_> = targets
        .iter()
        .zip(&found)
        .map(|(target, found)| match (target, found) {
            (_, Some(customer)) => customer.urn.stored_number(),
            (Some(target), None) => target.number(),
            (None, None) => None,
        })
        .collect();
    let mut seen = HashSet::new();
    let is_again = |number: &Option<i64>| number.is_some_and(|number| !seen.insert(number));
    let count = numbers.iter().position(is_again).unwrap_or(lines.len());
    let locked = lock_erased(connection, caller, &lines[..count], &numbers).await?;
    let plans = lines[..count].iter().enumerate().map(|(place, line)| match line {
        Line::Delete { .. } => {
            let locked = locked.iter().find(|locked| Some(locked.number) == numbers[place]);
            match locked {
                None => NOT_FOUND,
                Some(locked) if locked.is_erased => Plan::Answered(Ok(erased(numbering, *locked).into())),
                Some(locked) => Plan::Erase(*locked),
            }
        }
        line => {
            let (target, found) = (targets[place], found[place].take());
            Saving { caller, numbering, target, found }.plan(line)
        }
    });
    Ok(plans.collect())
}

/// Whom a line is about, if that can be one who is there.
fn target(line: &Line, numbering: Numbering) -> Option<Target<'_>> {
    match line {
        // Whoever has its external id is a conflict, and found as such.
        Line::Store { if_taken: IfTaken::Fail, .. } => None,
        Line::Store { profile, if_taken: IfTaken::Return { .. } | IfTaken::Change { .. }, .. } => {
            Some(Target::ExternalId(profile.external_id.as_str()))
        }
        Line::Update { customer, .. } | Line::Delete { customer } => Target::new(customer, numbering.cell),
    }
}

/// Those that are not erased, in the order of the targets.
async fn find(
    connection: &mut PgConnection,
    caller: &Caller,
    numbering: Numbering,
    targets: &[Option<Target<'_>>],
) -> Result<Vec<Option<Customer>>, sqlx::Error> {
    let tenant = caller.tenant_id();
    let wanted: Vec<_> = targets.iter().flatten().map(|target| Wanted::new(tenant, *target)).collect();
    let found = if wanted.is_empty() { Vec::new() } else { Find::trip(connection, &wanted).await? };
    let mut found = found.into_iter();
    let of = |target: &Option<Target<'_>>| {
        target.as_ref()?;
        Some(found.next()??.into_customer(numbering.cell))
    };
    Ok(targets.iter().map(of).collect())
}

/// The rows of customers that are to be erased. Requests for them may be about to keep their replies: those are visible
/// to statements after this one.
async fn lock_erased(
    connection: &mut PgConnection,
    caller: &Caller,
    lines: &[Line],
    numbers: &[Option<i64>],
) -> Result<Vec<Locked>, sqlx::Error> {
    let of_delete =
        |(line, number): (&Line, &Option<i64>)| number.filter(|_| matches!(line, Line::Delete { .. }));
    let numbers: Vec<_> = lines.iter().zip(numbers).filter_map(of_delete).collect();
    if numbers.is_empty() { Ok(Vec::new()) } else { lock_all(connection, caller.tenant_id(), &numbers).await }
}

/// A store or an update of a customer, who is `found` where it is there.
struct Saving<'a> {
    caller: &'a Caller,
    numbering: Numbering,
    target: Option<Target<'a>>,
    found: Option<Customer>,
}

impl Saving<'_> {
    fn plan(self, line: &Line) -> Plan {
        match line {
            Line::Store { profile, guard, if_taken: IfTaken::Fail } => self.create(profile, *guard),
            Line::Store { profile, guard, if_taken: IfTaken::Return { expected } } => match &self.found {
                Some(customer) => Plan::Answered(existing(customer, expected)),
                None if *expected == Precondition::None => self.create(profile, *guard),
                None => NOT_FOUND,
            },
            Line::Store { profile, guard, if_taken: IfTaken::Change { expected, change } } => {
                match &self.found {
                    None if *expected == Precondition::None => self.create(profile, *guard),
                    _ => self.change(expected, *guard, change),
                }
            }
            Line::Update { customer: _, guard, change } => self.change(&Precondition::None, *guard, change),
            Line::Delete { customer: _ } => NOT_FOUND,
        }
    }

    fn create(self, profile: &Arc<Profile>, guard: Guard) -> Plan {
        match check_complete(self.caller, profile) {
            Ok(()) => Plan::New {
                number: self.numbering.next(),
                profile: profile.clone(),
                source_version: guard.source_version,
            },
            Err(error) => Plan::Answered(Err(error)),
        }
    }

    fn change(self, expected: &Precondition, guard: Guard, change: &ProfileChange) -> Plan {
        let (Some(before), Some(target)) = (self.found, self.target) else { return NOT_FOUND };
        let request = UpdateRequest { caller: self.caller, target, expected, guard, change };
        match Difference::made_by(&request, before) {
            Ok(difference) => Plan::Change(Box::new(difference)),
            Err(error) => Plan::Answered(Err(error)),
        }
    }
}

const NOT_FOUND: Plan = Plan::Answered(Err(CustomersError::NotFound));

fn existing(customer: &Customer, expected: &Precondition) -> Result<LineDone, CustomersError> {
    let (urn, version) = (customer.urn, customer.version);
    if !expected.allows(version) {
        return Err(CustomersError::VersionMismatch { current: version });
    }
    Ok(LineDone { customer: Some(urn), version, outcome: Outcome::Existing })
}
