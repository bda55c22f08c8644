//! Frames from a webcam or from recorded files, watched so that a stuck device never stops the door
