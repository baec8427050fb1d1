//! How fast a tenant may call: a bucket of `burst` requests that fills up again at `per_second`.

use std::{num::NonZeroU32, str::FromStr};

use crate::domain::environment::Environment;

/// The most either number can be; the database's constraints say the same.
pub const MAX: u32 = 100_000;

/// The quota in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Quota {
    /// In the sandbox more than a server can do, so that measurements do not meet the limit.
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

/// What is set for one tenant; `None`: the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantQuota {
    pub per_second: Option<NonZeroU32>,
    pub burst: Option<NonZeroU32>,
}

impl TenantQuota {
    /// NULL, or a number that is not allowed, is `None`.
    pub fn from_stored(per_second: Option<i32>, burst: Option<i32>) -> Self {
        let number = |stored: Option<i32>| {
            stored.and_then(|stored| u32::try_from(stored).ok()).and_then(NonZeroU32::new)
        };
        Self { per_second: number(per_second), burst: number(burst) }
    }

    /// A rate of the tenant's own implies a burst of twice that: the default burst could last it for hours.
    pub fn or(self, default: Quota) -> Quota {
        let twice = self.per_second.map(|rate| rate.saturating_mul(TWO));
        Quota {
            per_second: self.per_second.unwrap_or(default.per_second),
            burst: self.burst.or(twice).unwrap_or(default.burst),
        }
    }
}

/// A number as operators set it: the tenant's own, or `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaOverride(pub Option<NonZeroU32>);

impl QuotaOverride {
    /// As the integer columns hold it.
    pub fn stored(self) -> Option<i32> {
        self.0.and_then(|number| i32::try_from(number.get()).ok())
    }
}

impl FromStr for QuotaOverride {
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
    fn what_is_not_set_is_the_default() {
        let default = Quota { per_second: number(1000), burst: number(3000) };
        for (stored, expected) in [
            ((None, None), (1000, 3000)),
            ((Some(5), None), (5, 10)),
            ((None, Some(7)), (1000, 7)),
            ((Some(5), Some(7)), (5, 7)),
            ((Some(0), Some(-1)), (1000, 3000)),
        ] {
            let quota = TenantQuota::from_stored(stored.0, stored.1).or(default);
            assert_eq!((quota.per_second.get(), quota.burst.get()), expected, "{stored:?}");
        }
    }
}
