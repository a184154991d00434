//! What somebody wants a community or a channel to be.

use tertulia_model::{
    ChannelCategory, ChannelKind, ChannelName, ChannelTopic, CommunityDescription, CommunityName, Edit, IconUrl,
    Instructions, ReportThreshold, Tags,
};
use tertulia_store::{ChannelEdit, CommunityEdit};

/// A community to be created.
#[derive(Clone, Debug)]
pub struct CommunityPlan {
    /// What it is to be called.
    pub name: CommunityName,
    /// What it is for.
    pub description: Option<CommunityDescription>,
    /// Address of its picture.
    pub icon_url: Option<IconUrl>,
    /// Whether everybody may know of it and join it.
    pub is_public: bool,
    /// What it is about.
    pub tags: Tags,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Instructions>,
}

/// What is to change about a community.
#[derive(Clone, Debug, Default)]
pub struct CommunityChanges {
    /// What it is called.
    pub name: Edit<CommunityName>,
    /// What it is for.
    pub description: Edit<Option<CommunityDescription>>,
    /// Address of its picture.
    pub icon_url: Edit<Option<IconUrl>>,
    /// Whether everybody may know of it and join it.
    pub is_public: Edit<bool>,
    /// Standing instructions for those who talk in it.
    pub instructions: Edit<Option<Instructions>>,
    /// How many reporters make it ban somebody.
    pub report_threshold: Edit<ReportThreshold>,
    /// What it is about.
    pub tags: Edit<Tags>,
}

impl From<CommunityChanges> for CommunityEdit {
    fn from(changes: CommunityChanges) -> Self {
        Self {
            name: changes.name.map(Into::into),
            description: changes.description.map(|text| text.map(Into::into)),
            icon_url: changes.icon_url.map(|text| text.map(Into::into)),
            is_public: changes.is_public,
            instructions: changes.instructions.map(|text| text.map(Into::into)),
            report_threshold: changes.report_threshold.map(ReportThreshold::get),
            tags: changes.tags.map(Into::into),
        }
    }
}

/// A channel to be created.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// What it is to be called.
    pub name: ChannelName,
    /// Under which heading it stands.
    pub category: Option<ChannelCategory>,
    /// What it is for.
    pub kind: ChannelKind,
    /// What is talked about in it.
    pub topic: Option<ChannelTopic>,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Instructions>,
    /// Where it stands among the others.
    pub position: i32,
}

/// What is to change about a channel.
#[derive(Clone, Debug, Default)]
pub struct ChannelChanges {
    /// What it is called.
    pub name: Edit<ChannelName>,
    /// Under which heading it stands.
    pub category: Edit<Option<ChannelCategory>>,
    /// What it is for.
    pub kind: Edit<ChannelKind>,
    /// What is talked about in it.
    pub topic: Edit<Option<ChannelTopic>>,
    /// Standing instructions for those who talk in it.
    pub instructions: Edit<Option<Instructions>>,
    /// Where it stands among the others.
    pub position: Edit<i32>,
}

impl From<ChannelChanges> for ChannelEdit {
    fn from(changes: ChannelChanges) -> Self {
        Self {
            name: changes.name.map(Into::into),
            category: changes.category.map(|text| text.map(Into::into)),
            kind: changes.kind,
            topic: changes.topic.map(|text| text.map(Into::into)),
            instructions: changes.instructions.map(|text| text.map(Into::into)),
            position: changes.position,
        }
    }
}
