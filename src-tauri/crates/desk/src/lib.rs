//! The program without a window: one owner of state, sessions, roles and flows
