"""From the event log to flows, census, waits, completions and KPIs."""
