"""Boards: figures per unit, where and about what residents speak, all against before (rule book, "Boards")."""
