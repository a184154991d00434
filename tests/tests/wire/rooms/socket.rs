//! WebSocket `/api/ws`.
