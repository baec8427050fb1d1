//! Values and rules of customers, tenants and their keys. No I/O, no wire formats.
//!
//! A value is parsed once, at the edge. Code that gets an [`email::Email`] need not check it again.

pub mod additional_properties;
pub mod address;
pub mod api_key;
pub mod attribute;
pub mod caller;
pub mod canonical_json;
pub mod change;
pub mod channel;
pub mod clock;
pub mod corporation;
pub mod correlation_id;
pub mod country;
pub mod customer;
pub mod customer_urn;
pub mod customer_write;
pub mod email;
pub mod environment;
pub mod external_id;
pub mod field_error;
pub mod gender;
pub mod idempotency;
pub(crate) mod invisible;
pub mod json_text;
pub mod language;
pub mod legal_type;
pub mod margin;
pub mod multiline_text;
pub mod partner;
pub mod payment_options;
pub mod phone;
pub mod precondition;
pub mod privacy;
pub mod problem;
pub(crate) mod profile_fields;
pub mod quota;
pub mod region;
pub mod scope;
pub mod secret;
pub mod status;
pub mod tenant;
pub mod tenant_domain;
pub mod text;
pub mod token_type;
pub mod uuid_ids;
