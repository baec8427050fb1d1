//! Ids that are UUIDs: distinct types, read and shown in one way.

/// Makes the types.
macro_rules! uuid_ids {
    ($($(#[$attribute:meta])* $id:ident;)+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id(pub uuid::Uuid);

        impl $id {
            /// A hyphenated UUID in any case; no other spelling.
            pub fn parse(text: &str) -> Result<Self, $crate::domain::problem::Problem> {
                use $crate::domain::problem::Problem::InvalidUuid;
                if text.len() != 36 {
                    return Err(InvalidUuid);
                }
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| InvalidUuid)
            }
        }

        impl std::fmt::Display for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

pub(crate) use uuid_ids;
