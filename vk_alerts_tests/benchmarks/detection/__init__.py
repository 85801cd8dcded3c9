"""How well detectors find incidents: an event-based, causal protocol on simulated and on real series.

``world`` says what is scored, ``protocol`` how verdicts are counted. Worlds: ``simulator`` (with ``habits``,
``incidents``), ``slices``, ``taxi``, ``twitter``. Who is compared: ``methods``, ``prophet_weekly``,
``pca_knn``. ``ablation`` switches parts of the default detector off. ``command`` runs and prints.
"""
