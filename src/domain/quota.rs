//! How fast a tenant may call: a bucket of `burst` requests that fills up again at `per_second`.

use std::{num::NonZeroU32, str::FromStr};

use crate::domain::environment::Environment;

/// The most either number can be; the database's constraints say the same.
pub const MAX: u32 = 100_000;

/// Both numbers, settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Quota {
    /// In the sandbox far more than a server can do, so that nobody who measures measures this.
    pub fn usual(environment: Environment) -> Self {
        const LIVE: NonZeroU32 = number(1_000);
        const SANDBOX: NonZeroU32 = number(20_000);
        let per_second = match environment {
            Environment::Live => LIVE,
            Environment::Sandbox => SANDBOX,
        };
        Self { per_second, burst: per_second.saturating_mul(TWO) }
    }
}

/// What was agreed with one tenant; `None`: as for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantQuota {
    pub per_second: Option<NonZeroU32>,
    pub burst: Option<NonZeroU32>,
}

impl TenantQuota {
    /// A NULL, and a number no quota can have, is none.
    pub fn from_stored(per_second: Option<i32>, burst: Option<i32>) -> Self {
        let number = |stored: Option<i32>| {
            stored.and_then(|stored| u32::try_from(stored).ok()).and_then(NonZeroU32::new)
        };
        Self { per_second: number(per_second), burst: number(burst) }
    }

    /// A rate of the tenant's own brings a burst of twice that: everybody's burst could be hours of it.
    pub fn or(self, everybody: Quota) -> Quota {
        let twice = self.per_second.map(|rate| rate.saturating_mul(TWO));
        Quota {
            per_second: self.per_second.unwrap_or(everybody.per_second),
            burst: self.burst.or(twice).unwrap_or(everybody.burst),
        }
    }
}

/// A number as operators set it: one of the tenant's own, or `default` for everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed(pub Option<NonZeroU32>);

impl Agreed {
    /// As the integer columns hold it.
    pub fn stored(self) -> Option<i32> {
        self.0.and_then(|number| i32::try_from(number.get()).ok())
    }
}

impl FromStr for Agreed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "default" {
            return Ok(Self(None));
        }
        let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MAX);
        number.map(|number| Self(Some(number))).ok_or_else(|| format!("takes 1 to {MAX}, or default"))
    }
}

const TWO: NonZeroU32 = number(2);

const fn number(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_agreed_is_as_for_everybody() {
        let everybody = Quota { per_second: number(1000), burst: number(3000) };
        for (stored, expected) in [
            ((None, None), (1000, 3000)),
            ((Some(5), None), (5, 10)),
            ((None, Some(7)), (1000, 7)),
            ((Some(5), Some(7)), (5, 7)),
            ((Some(0), Some(-1)), (1000, 3000)),
        ] {
            let quota = TenantQuota::from_stored(stored.0, stored.1).or(everybody);
            assert_eq!((quota.per_second.get(), quota.burst.get()), expected, "{stored:?}");
        }
    }
}
