//! A customer's gender (upstream: EnGender): any case in, our spelling out.
//! `Unspecified` is an answer; a customer that was not asked has no value.

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::problem::Problem;
use crate::domain::text;

#[derive(Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(ascii_case_insensitive)]
pub enum Gender {
    Female,
    Male,
    Other,
    Unspecified,
}

impl Gender {
    pub fn parse(value: &str) -> Result<Self, Problem> {
        text::refuse_blank(value)?;
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl fmt::Debug for Gender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gender(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_in_one_spelling_out() {
        for (sent, spelled) in
            [("Female", "Female"), ("male", "Male"), ("OTHER", "Other"), ("unSpecified", "Unspecified")]
        {
            assert_eq!(Gender::parse(sent).unwrap().as_str(), spelled);
        }
    }

    #[test]
    fn anything_else_is_answered_with_the_list() {
        let allowed = &["Female", "Male", "Other", "Unspecified"];
        for sent in ["f", "Diverse", " Male", "0"] {
            assert_eq!(Gender::parse(sent), Err(Problem::NotInList { allowed }), "{sent:?}");
        }
        assert_eq!(Gender::parse(""), Err(Problem::Blank));
    }
}
