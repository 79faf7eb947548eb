//! What is shown of how fast a tenant and its host are asked at present: in the database, whenever it has changed, for `status` to read.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    edvak::TenantClient,
    store::{
        StoreError, paces,
        paces::{Paced, Standing},
    },
};

use super::tenant::TenantRun;

/// What was shown last, for all tenants and hosts of a run.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<HashMap<Paced, Standing>>);

impl Shown {
    /// Whether that is news. How it stands at the beginning, as configured, is none.
    fn is_news(&self, paced: &Paced, standing: Standing) -> bool {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert(paced.clone(), standing).is_some_and(|before| before != standing)
    }
}

impl TenantRun {
    /// Writes how the tenant and its host stand, where that has changed.
    pub async fn show_paces(&self) -> Result<(), StoreError> {
        let of_host = (Paced::Host(self.client.host_name().to_owned()), of_host(&self.client));
        for (paced, standing) in [(Paced::Tenant(self.id), of_tenant(&self.client)), of_host] {
            if self.shared.shown.is_news(&paced, standing) {
                let now = self.shared.clock.now_ms();
                let write = self
                    .shared
                    .writer
                    .write(Box::new(move |c| Box::pin(async move { paces::show(c, &paced, standing, now).await.map(Some) })));
                write.await?;
            }
        }
        Ok(())
    }
}

fn of_tenant(client: &TenantClient) -> Standing {
    Standing {
        documents_per_second: client.documents().tenant().per_second(),
        tokens_per_second: Some(client.tokens().tenant().per_second()),
        broken: client.circuit().is_open(),
    }
}

fn of_host(client: &TenantClient) -> Standing {
    Standing {
        documents_per_second: client.documents().host().per_second(),
        tokens_per_second: None,
        broken: client.circuit().host_is_open(),
    }
}
