//! The environment a server serves. Keys of one never work in the other.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Environment {
    /// Invented customers; the documents' sample key works here and nowhere else.
    Sandbox,
    Live,
}

impl Environment {
    /// As the setting spells it; any case in.
    pub fn parse(value: &str) -> Result<Self, Problem> {
        value.parse().map_err(|_| Problem::NotInList { allowed: Self::VARIANTS })
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What every API key of this environment begins with.
    pub fn key_prefix(self) -> &'static str {
        match self {
            Self::Sandbox => "sk_dev_",
            Self::Live => "sk_live_",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_and_no_default() {
        for (sent, environment) in [("sandbox", Environment::Sandbox), ("Live", Environment::Live)] {
            assert_eq!(Environment::parse(sent), Ok(environment));
            assert_eq!(Environment::parse(environment.as_str()), Ok(environment));
        }
        for sent in ["", "dev", "production", " live"] {
            let allowed = &["sandbox", "live"];
            assert_eq!(Environment::parse(sent), Err(Problem::NotInList { allowed }));
        }
    }
}
