"""Drawing pictures for chat: in a process of its own, so that the desk stays small and nothing can hold it up."""
