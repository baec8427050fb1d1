//! The lines of a bulk request: as many together as can be, and what cannot be carried out with others alone.
//!
//! Where a statement for many is refused, it does not tell because of which line. Then the lines are tried once more,
//! then their halves, down to single ones, which go the way of single calls and get their own answer or error.

use sqlx::PgConnection;

use super::{
    PgCustomers,
    together::{Answer, Miss, Together},
};
use crate::domain::{
    bulk::{Line, Mode, distinct},
    caller::Caller,
    precondition::Precondition,
};
use crate::service::{
    customers::{CustomersError, CustomersService, LineDone},
    storage_error::StorageError,
};

/// Tries of lines together before they are divided: a division keeps their customers from handing identities on.
const TRIES: usize = 2;
/// Tries to claim the tenant's identities, each as long as a lock may be waited for.
const CLAIMS: usize = 4;

/// Lines that are next, and how often they were tried.
struct Part<'a> {
    lines: &'a [Line],
    refusals: usize,
    busy: usize,
}

type Done = Result<LineDone, CustomersError>;

impl PgCustomers {
    pub(super) async fn carry_out(&self, caller: &Caller, lines: &[Line], mode: Mode) -> Vec<Done> {
        let mut done = Vec::with_capacity(lines.len());
        while done.len() < lines.len() {
            let rest = &lines[done.len()..];
            self.batch(caller, &rest[..distinct(rest)], mode, &mut done).await;
        }
        done
    }

    async fn batch(&self, caller: &Caller, lines: &[Line], mode: Mode, done: &mut Vec<Done>) {
        // The last one is next.
        let mut parts = vec![Part { lines, refusals: 0, busy: 0 }];
        while let Some(part) = parts.pop() {
            if let ([line], Mode::Write) = (part.lines, mode) {
                done.push(self.alone(caller, line).await);
                continue;
            }
            match self.together(caller, part.lines, mode).await {
                Ok(Ok(answers)) => {
                    let rest = &part.lines[answers.len()..];
                    self.finish(caller, part.lines, answers, mode, done).await;
                    if !rest.is_empty() {
                        parts.push(Part { lines: rest, refusals: 0, busy: 0 });
                    }
                }
                Ok(Err(miss)) => match part.after(miss) {
                    Next::Parts(next) => parts.extend(next),
                    Next::Alone if mode == Mode::Write => {
                        for line in part.lines {
                            done.push(self.alone(caller, line).await);
                        }
                    }
                    Next::Alone => {
                        done.extend(part.lines.iter().map(|_| Err(StorageError::Unavailable.into())))
                    }
                },
                Err(error) => done.extend(part.lines.iter().map(|_| Err(error.into()))),
            }
        }
    }

    async fn together(
        &self,
        caller: &Caller,
        lines: &[Line],
        mode: Mode,
    ) -> Result<Result<Vec<Answer>, Miss>, StorageError> {
        let together = Together { caller, numbering: self.numbering, mode, lines };
        let work = async |connection: &mut PgConnection| together.carry_out(connection).await;
        self.session.run(caller.tenant_id(), work).await
    }

    /// What was carried out is counted as that of single calls is, and what was not goes alone.
    async fn finish(
        &self,
        caller: &Caller,
        lines: &[Line],
        answers: Vec<Answer>,
        mode: Mode,
        done: &mut Vec<Done>,
    ) {
        for (line, answer) in lines.iter().zip(answers) {
            done.push(match answer {
                Answer::Done(answer) => {
                    if answer.is_ok() && mode == Mode::Write {
                        self.session.succeeded(caller.tenant_id(), line.write()).await;
                    }
                    answer
                }
                Answer::Alone => self.alone(caller, line).await,
            });
        }
    }

    /// As a call of its own.
    async fn alone(&self, caller: &Caller, line: &Line) -> Done {
        match line {
            Line::Store { profile, guard, if_taken } => {
                let profile = (**profile).clone();
                self.store(caller, profile, *guard, if_taken.clone()).await.map(LineDone::from)
            }
            Line::Update { customer, guard, change } => {
                let change = (**change).clone();
                let expected = Precondition::None;
                CustomersService::update(self, caller, customer, &expected, *guard, change)
                    .await
                    .map(LineDone::from)
            }
            Line::Delete { customer } => {
                self.delete(caller, customer, &Precondition::None).await.map(LineDone::from)
            }
        }
    }
}

enum Next<'a> {
    /// The last one first.
    Parts(Vec<Part<'a>>),
    Alone,
}

impl<'a> Part<'a> {
    fn after(&self, miss: Miss) -> Next<'a> {
        let Self { lines, refusals, busy } = *self;
        match miss {
            Miss::Busy if busy + 1 < CLAIMS => Next::Parts(vec![Self { lines, refusals, busy: busy + 1 }]),
            Miss::Refused if refusals + 1 < TRIES => {
                Next::Parts(vec![Self { lines, refusals: refusals + 1, busy }])
            }
            Miss::Refused if lines.len() > 1 => {
                let (first, second) = lines.split_at(lines.len() / 2);
                Next::Parts([second, first].map(|lines| Self { lines, refusals: TRIES, busy }).into())
            }
            Miss::Busy | Miss::Refused => Next::Alone,
        }
    }
}
