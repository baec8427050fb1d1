//! Whose customers to list: all of the tenant, or those of one reseller.
//!
//! The two have statements of their own, each with its index. One statement with an optional condition would read the
//! whole tenant to find a reseller's few.

use uuid::Uuid;

use crate::domain::{caller::PartnerCaller, partner::ResellerId};

#[derive(Clone, Copy)]
pub(super) struct Filter {
    pub tenant: Uuid,
    pub reseller: Option<Uuid>,
}

impl Filter {
    /// `None`: a reseller asks for the customers of another one.
    pub fn new(caller: &PartnerCaller, asked_for: Option<ResellerId>) -> Option<Self> {
        let tenant = caller.caller.tenant_id().0;
        let reseller = match (caller.role.visible_reseller(), asked_for) {
            (Some(own), Some(other)) if own != other => return None,
            (own, asked_for) => own.or(asked_for),
        };
        Some(Self { tenant, reseller: reseller.map(|reseller| reseller.0) })
    }
}

/// Runs one of two checked statements, which differ in the condition on the reseller: the last parameter of the
/// second. `$fetch` is the method that runs it.
macro_rules! select_filtered {
    (
        $filter:expr, $connection:expr, $fetch:ident, $query:ident $(as $row:ident)?,
        $before:tt, $condition:tt, $after:tt, $($value:expr),*
    ) => {
        match $filter.reseller {
            None => {
                sqlx::$query!($($row,)? $before + $after, $filter.tenant, $($value),*).$fetch($connection).await
            }
            Some(reseller) => {
                sqlx::$query!($($row,)? $before + $condition + $after, $filter.tenant, $($value,)* reseller)
                    .$fetch($connection)
                    .await
            }
        }
    };
}
pub(super) use select_filtered;
