"""Looking at pictures that strangers sent: in a process of its own, with bounds, so that none can do harm."""
