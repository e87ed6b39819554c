"""Evaluation: embeddings of test sequences, cross-view and whole-gallery accuracy, statistics."""

from gaitcore.evaluation.cross_view import CrossViewMetrics, cross_view_metrics
from gaitcore.evaluation.whole_gallery import WholeGalleryMetrics, whole_gallery_metrics

__all__ = ["CrossViewMetrics", "WholeGalleryMetrics", "cross_view_metrics", "whole_gallery_metrics"]
