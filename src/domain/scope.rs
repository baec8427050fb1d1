//! What a credential may do.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// One permission. A credential holds a set of them; none implies another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(parse_err_ty = String, parse_err_fn = unknown)]
pub enum Scope {
    #[strum(serialize = "customer.read")]
    CustomerRead,
    #[strum(serialize = "customer.write")]
    CustomerWrite,
    #[strum(serialize = "customer.delete")]
    CustomerDelete,
    /// To have all customers, not only those one can name.
    #[strum(serialize = "customer.list")]
    CustomerList,
}

impl Scope {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

fn unknown(_: &str) -> String {
    "takes customer.read, customer.write, customer.delete and customer.list".to_owned()
}
