//! QR payloads, corners and the colour of the code, from one camera frame
