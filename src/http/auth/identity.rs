//! Who sent a request, on either surface.

use axum::http::{Extensions, HeaderMap};

use super::{Authenticator, refusal::NoCaller, surface::Surface};
use crate::domain::caller::{Caller, PartnerCaller};

pub enum Identity {
    Key(Caller),
    Partner(PartnerCaller),
}

impl Authenticator {
    /// By the credentials that this surface asks for.
    pub async fn identify(&self, surface: Surface, headers: &HeaderMap) -> Result<Identity, NoCaller> {
        match surface {
            Surface::C2a => self.key_caller(headers).await.map(Identity::Key),
            Surface::Partner => self.partner_caller(headers).await.map(Identity::Partner),
        }
    }
}

impl Identity {
    pub fn caller(&self) -> &Caller {
        match self {
            Self::Key(caller) => caller,
            Self::Partner(partner) => &partner.caller,
        }
    }

    /// Hands it to the surface's handlers.
    pub fn attach(self, extensions: &mut Extensions) {
        match self {
            Self::Key(caller) => drop(extensions.insert(caller)),
            Self::Partner(partner) => drop(extensions.insert(partner)),
        }
    }
}
