from __future__ import annotations
def page(table, arms, mechanisms, title): return title
