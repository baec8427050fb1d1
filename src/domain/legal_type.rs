//! Whether a customer is a person or a company (upstream: EnPersonLegalType): any case in, our spelling out.
//! Corporate demands a `CorporationInfo`; that rule is the whole customer's, not this value's.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::problem::Problem;
use crate::domain::text;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive)]
pub enum LegalType {
    #[default]
    Individual,
    Corporate,
}

impl LegalType {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_in_one_spelling_out() {
        for (sent, spelled) in [("individual", "Individual"), ("CORPORATE", "Corporate")] {
            assert_eq!(LegalType::parse(sent).unwrap().as_str(), spelled);
        }
        assert_eq!(LegalType::default(), LegalType::Individual);
    }

    #[test]
    fn anything_else_is_answered_with_the_list() {
        let allowed = &["Individual", "Corporate"];
        for sent in ["Company", "0", "Corporate "] {
            assert_eq!(LegalType::parse(sent), Err(Problem::NotInList { allowed }), "{sent:?}");
        }
        assert_eq!(LegalType::parse(" "), Err(Problem::Blank));
    }
}
