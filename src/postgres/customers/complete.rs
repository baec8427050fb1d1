//! No record is written without the fields it must have. Each verb that writes one checks it here.

use crate::domain::{caller::Caller, customer::Profile};
use crate::service::customers::CustomersError;

/// What a record must have is said by [`Profile::missing`] and the caller's tenant.
pub(in crate::postgres) fn check_complete(caller: &Caller, profile: &Profile) -> Result<(), CustomersError> {
    let missing = profile.missing(&caller.tenant.required);
    if missing.is_empty() { Ok(()) } else { Err(CustomersError::Incomplete(missing)) }
}
