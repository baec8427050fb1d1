//! A tenant and the rules its customers obey.

use strum::{EnumString, IntoStaticStr};

use crate::domain::{attribute::Attribute, channel::Channel, quota::TenantQuota, uuid_ids::uuid_ids};

uuid_ids! {
    /// Whose data it is. Every statement on customers takes one, and takes it first.
    TenantId;
}

/// What the request path needs to know of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub suspended: bool,
    pub jwt: JwtPolicy,
    /// Customer fields that must be present in every record of this tenant.
    pub required: Vec<Attribute>,
    pub channels: Vec<Channel>,
    pub quota: TenantQuota,
}

/// Whether a request needs a token beside its API key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", parse_err_ty = String, parse_err_fn = unknown)]
pub enum JwtPolicy {
    #[default]
    Optional,
    Required,
}

impl JwtPolicy {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn is_required(self) -> bool {
        self == Self::Required
    }
}

impl From<bool> for JwtPolicy {
    fn from(required: bool) -> Self {
        if required { Self::Required } else { Self::Optional }
    }
}

fn unknown(_: &str) -> String {
    "takes optional or required".to_owned()
}
