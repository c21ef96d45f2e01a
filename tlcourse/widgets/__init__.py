"""What a student touches. Each widget is a thin view over one public function."""

from tlcourse.widgets.background_dials import BackgroundDials
from tlcourse.widgets.camera import CameraClassifier
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.claims_table import ClaimsTable
from tlcourse.widgets.cost_calculator import CostCalculator
from tlcourse.widgets.device_toggle import DeviceToggle
from tlcourse.widgets.dial import Dial
from tlcourse.widgets.domain_explorer import DomainExplorer
from tlcourse.widgets.exercise import Feedback, check_code
from tlcourse.widgets.feature_extraction import FeatureExtractionExplorer
from tlcourse.widgets.layer_toggle import LayerToggle
from tlcourse.widgets.league_table import league_html
from tlcourse.widgets.normalization_explorer import NormalizationExplorer
from tlcourse.widgets.picture_upload import PictureUpload
from tlcourse.widgets.policy_painter import PolicyPainter
from tlcourse.widgets.prediction import Prediction
from tlcourse.widgets.published_tables import PublishedTables
from tlcourse.widgets.quiz import Quiz, quiz
from tlcourse.widgets.svm_playground import SVMPlayground
from tlcourse.widgets.threshold_explorer import ThresholdExplorer
from tlcourse.widgets.unit_explorer import UnitExplorer
