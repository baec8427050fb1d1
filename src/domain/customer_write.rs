//! The operations that write customers, as they are counted.

use strum::{IntoStaticStr, VariantArray};

/// Its name is the value of the metrics' label `operation`.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum CustomerWrite {
    Store,
    Update,
    Delete,
    CreatePartner,
    DeletePartner,
}

impl CustomerWrite {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
