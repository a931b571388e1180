"""The England base: tables, the published figures behind them, and the scripts that derive the tables."""
