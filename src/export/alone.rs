//! What earlier runs lost twice, after all others and alone: a document that kills the process takes no bystander with it.

use crate::store::fetches::{Cursor, candidates};

use super::{
    RunError,
    feed::Feed,
    pull::{Pulled, Work, pull},
    pulls::Pulls,
    tenant::TenantRun,
};

impl TenantRun {
    /// Works off what earlier runs lost twice, one at a time, those that were lost least often first.
    pub async fn work_alone(&self) -> Result<(), RunError> {
        let pulls = Pulls::default();
        let feed = Feed::new(Cursor { fragile: true, ..self.cursor.clone() }, self.planned.subscribe());
        while self.may_go_on() {
            let now = self.shared.clock.now_ms();
            let mut page = candidates(&self.shared.readers, &mut feed.start().clone(), now).await?;
            page.sort_by_key(|candidate| candidate.losses);
            for candidate in page {
                let Some(place) = self.shared.stop.or(self.client.documents().place()).await else { return Ok(()) };
                if !self.may_go_on() || !self.may_ask(candidate.account) {
                    continue;
                }
                tracing::warn!(
                    tenant = %self.tenant.name, fetch = candidate.fetch.0, losses = candidate.losses,
                    "earlier runs died while they held this fetch: it is tried alone"
                );
                if pull(self, Work { candidate, is_claimed: false }, pulls.seat(place)).await? == Pulled::HeldBack {
                    return Ok(());
                }
            }
            let Some(wait) = self.soon_due_in(&feed).await? else { break };
            self.shared.stop.or(self.shared.clock.sleep(wait)).await;
        }
        Ok(())
    }
}
