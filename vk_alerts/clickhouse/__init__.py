"""ClickHouse behind one adapter, whether it is a server elsewhere or the embedded engine.

``target`` says where, ``client`` talks (through pandahouse), ``spec`` and ``literals`` write SQL,
``embedded`` owns chDB in a process of its own. ``seams`` is the only place that changes pandahouse's
behaviour.
"""
