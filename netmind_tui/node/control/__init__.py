"""The agent's socket: who may ask what, the server, and the client that both faces use."""
