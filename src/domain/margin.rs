//! The price margin of a provider customer, as a rule and a number.

use crate::domain::problem::Problem;

/// A margin: on the customer as a whole, or overriding that for one offer type.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    pub rule: MarginRule,
    pub value: MarginValue,
}

/// How the price is made (upstream: "Create a customer", `marginRule`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginRule {
    Markup,
    Margin,
    SplitMargin,
    ErpMinusDiscount,
}

impl MarginRule {
    pub const ALL: [Self; 4] = [Self::Markup, Self::Margin, Self::SplitMargin, Self::ErpMinusDiscount];

    /// In any ASCII case.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|rule| rule.as_str().eq_ignore_ascii_case(name));
        found.ok_or(Problem::NotInList { allowed: "Markup, Margin, SplitMargin, ErpMinusDiscount" })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markup => "Markup",
            Self::Margin => "Margin",
            Self::SplitMargin => "SplitMargin",
            Self::ErpMinusDiscount => "ErpMinusDiscount",
        }
    }
}

/// From −1,000,000 to 1,000,000: what the rule makes of it, a percentage or an amount, is the rule's affair.
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
        assert!(MarginRule::parse("Discount").is_err());
    }

    #[test]
    fn a_value_is_a_number_of_sane_size() {
        assert!(MarginValue::parse(-1_000_000.0).is_ok());
        for value in [1_000_000.1, f64::INFINITY, f64::NAN] {
            assert_eq!(MarginValue::parse(value), Err(Problem::OutOfRange));
        }
    }
}
