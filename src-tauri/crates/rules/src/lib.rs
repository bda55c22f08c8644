//! What the guard must do: pure decisions on a reading, a temperature and the venue's policy
