//! placet-policy
