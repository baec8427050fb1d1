//! Names of the customer's fields: for required fields, change events and conflicts.

use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

use crate::domain::profile_fields::profile_fields;

macro_rules! attributes {
    ($($field:ident: $kind:ident $Type:ty => $Name:ident,)+) => {
        /// A field of the customer record. Its name is the one on the wire; the order is that of answers and events.
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            Display,
            EnumString,
            IntoStaticStr,
            VariantArray,
            VariantNames,
        )]
        #[strum(serialize_all = "camelCase", parse_err_ty = String, parse_err_fn = unknown)]
        pub enum Attribute {
            $($Name,)+
        }
    };
}

profile_fields!(attributes);

impl Attribute {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

fn unknown(_: &str) -> String {
    format!("takes names of customer fields: {}", <Attribute as VariantNames>::VARIANTS.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_as_on_the_wire() {
        assert_eq!(Attribute::PrimaryBillingAddress.as_str(), "primaryBillingAddress");
        assert_eq!("email".parse(), Ok(Attribute::Email));
        let unknown = "Email".parse::<Attribute>().unwrap_err();
        assert!(
            unknown.starts_with("takes names of customer fields: externalIdentifier, email, "),
            "{unknown}"
        );
    }
}
