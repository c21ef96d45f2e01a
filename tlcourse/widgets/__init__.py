"""What a student touches. Each widget is a thin view over one public function."""

from tlcourse.widgets.choice import Choice
from tlcourse.widgets.device_toggle import DeviceToggle
from tlcourse.widgets.exercise import Feedback, check_answer
from tlcourse.widgets.feature_extraction import FeatureExtractionExplorer
from tlcourse.widgets.layer_toggle import LayerToggle
from tlcourse.widgets.prediction import Prediction

__all__ = [
    "Choice",
    "DeviceToggle",
    "FeatureExtractionExplorer",
    "Feedback",
    "LayerToggle",
    "Prediction",
    "check_answer",
]
