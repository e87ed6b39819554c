"""Evaluation: embeddings of test sequences, cross-view accuracy, statistics over seeds and subjects."""

from gaitcore.evaluation.cross_view import CrossViewMetrics, cross_view_metrics

__all__ = ["CrossViewMetrics", "cross_view_metrics"]
