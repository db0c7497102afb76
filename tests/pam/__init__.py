"""The module through libpam and pam_wrapper: what goes in, what comes back, what is logged."""
