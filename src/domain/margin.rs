//! The price margin of a provider customer, as a rule and a number.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::problem::Problem;

/// A margin: on the customer as a whole, or overriding that for one offer type.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    pub rule: MarginRule,
    pub value: MarginValue,
}

/// How the price is made (upstream: "Create a customer", `marginRule`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive)]
pub enum MarginRule {
    Markup,
    Margin,
    SplitMargin,
    ErpMinusDiscount,
}

impl MarginRule {
    /// In any ASCII case.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        name.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// From −1,000,000 to 1,000,000. The rule decides whether it is a percentage or an amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginValue(f64);

impl MarginValue {
    pub const LIMIT: f64 = 1_000_000.0;

    pub fn parse(value: f64) -> Result<Self, Problem> {
        if value.abs() <= Self::LIMIT { Ok(Self(value)) } else { Err(Problem::OutOfRange) }
    }

    pub(crate) fn from_stored(value: f64) -> Self {
        Self(value)
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_in_any_case_and_spelled_one_way() {
        for name in ["markup", "MARKUP", "Markup"] {
            assert_eq!(MarginRule::parse(name).map(MarginRule::as_str), Ok("Markup"));
        }
        assert_eq!(MarginRule::parse("erpminusdiscount"), Ok(MarginRule::ErpMinusDiscount));
        let refused = MarginRule::parse("Discount").unwrap_err();
        assert_eq!(refused.message(), "Must be one of: Markup, Margin, SplitMargin, ErpMinusDiscount.");
    }

    #[test]
    fn a_value_is_a_number_of_sane_size() {
        assert!(MarginValue::parse(-1_000_000.0).is_ok());
        for value in [1_000_000.1, f64::INFINITY, f64::NAN] {
            assert_eq!(MarginValue::parse(value), Err(Problem::OutOfRange));
        }
    }
}
