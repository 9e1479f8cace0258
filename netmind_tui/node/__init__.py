"""Contributing: the agent that keeps the owner's terms, its journal, its socket. May import all but the two faces.

The agent's process loads neither onnxruntime nor textual nor numpy: what measures is a child.
"""
